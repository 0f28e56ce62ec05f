"""Takes a reply apart: fences, lists, labels, and prose around and between pieces of code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unsorry.suggesters.replies.words import is_code, is_prose

_FENCE = re.compile(r"\s*(?:[-*•]\s+|\d{1,3}[.)]\s+)?(```+|~~~+)\s*([\w+.#-]*)[^`]*\Z")
_ONE_LINE = re.compile(r"```(?:(?:lean4?|isabelle|tactics?)[ ]++)?+([^`\n]++)```")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_BOLD = re.compile(r"\*\*([^*`\n]+)\*\*")

#: Languages of fences that hold something else.
_FOREIGN = frozenset(
    {"bash", "sh", "shell", "console", "python", "py", "output", "error", "diff", "latex", "tex", "coq"}
)

# A bullet of Lean (·) opens a goal and is no mark of a list.
_ITEM = re.compile(r"( {0,3})((?:\(?\d{1,3}[.):]|\(?[a-h]\)|[-*•+])\s+)(?=\S)")
_LABEL = re.compile(
    r"try this:\s*(?=\S)|(?:\*\*)?(?:(?:the|my|a|next|final|possible|suggested|lean\s*4?|isabelle)\s+){0,3}"
    r"(?:answer|candidate|option|output|proof|proof step|solution|step|suggestion|"
    r"tactics?|alternative|lean\s*4?|isabelle)"
    r"\s*+(?:#?\d{1,3})?\s*+(?:is\s*+)?(?:\*\*)?:(?:\*\*)?\s*(?=\S)",
    re.IGNORECASE,
)
# What comes after a tactic in a list, to explain it.
_REMARK = re.compile(r"(?<!\s)\s++(?:—|–|//|#|=>(?=\s+[A-Z][a-z]+ ))\s.*\Z")


def blocks(text: str) -> Iterator[tuple[str, str | None]]:
    """Pieces of code, each with the language that its fence names, if that is one of a prover."""
    fenced, outside = _fences(_ONE_LINE.sub(r"`\1`", text))
    found = False
    for block, language in fenced:
        pieces = list(_loose(block)) if _is_list(block) else [block]
        for piece in pieces:
            if piece.strip():
                found = True
                yield piece, language
    if not found:
        yield from ((piece, None) for piece in _loose(outside))


def _fences(text: str) -> tuple[list[tuple[str, str | None]], str]:
    """What stands in fences, and the rest.  The last fence may lack its end."""
    lines = text.split("\n")
    marks = [(i, m) for i, line in enumerate(lines) if (m := _FENCE.match(line))]
    if not marks:
        return [], text
    fenced: list[tuple[str, str | None]] = []
    outside: list[str] = []
    position = 0
    if _begins_inside(lines, [i for i, _ in marks], marks[0][1][2]):
        fenced.append(("\n".join(lines[: marks[0][0]]), None))
        position = marks[0][0] + 1
        marks = marks[1:]
    opened: tuple[int, str, str] | None = None
    for i, mark in marks:
        fence, language = mark[1], mark[2].lower()
        if opened is None:
            outside += lines[position:i]
            opened = i, fence, language
        elif not language and fence.startswith(opened[1]):
            _add(fenced, lines[opened[0] + 1 : i], opened[2])
            opened, position = None, i + 1
        elif language:
            # The fence before was never closed.
            _add(fenced, lines[opened[0] + 1 : i], opened[2])
            opened = i, fence, language
    if opened is not None:
        _add(fenced, lines[opened[0] + 1 :], opened[2])
    else:
        outside += lines[position:]
    return fenced, "\n".join(outside)


def _begins_inside(lines: list[str], fences: list[int], language: str) -> bool:
    """Whether the first fence closes one that the prompt opened."""
    first = fences[0]
    before = [line for line in lines[:first] if line.strip()]
    if language or not before or len(fences) % 2 == 0 or lines[first].startswith((" ", "-", "*")):
        return False
    after = any(line.strip() for line in lines[first + 1 :])
    return not after or not is_prose(before[0])


def _add(fenced: list[tuple[str, str | None]], lines: list[str], language: str) -> None:
    if language in _FOREIGN:
        return
    prover = "Isabelle" if language.startswith("isa") else "Lean" if language.startswith("lean") else None
    fenced.append(("\n".join(lines), prover))


def _is_list(block: str) -> bool:
    """Whether the lines at the margin are the items of a list."""
    margin = [line for line in block.split("\n") if line.strip() and not line.startswith("  ")]
    return bool(margin) and all(_ITEM.match(line) for line in margin)


def _loose(text: str) -> Iterator[str]:
    """Code among prose.  Where there is only prose, what it sets in code quotes."""
    found = False
    spans: list[str] = []
    for piece in _pieces(text.split("\n"), spans):
        found = True
        yield piece
    if not found:
        yield from spans


def _pieces(lines: list[str], spans: list[str]) -> Iterator[str]:
    """Runs of lines of code, and items of lists with the lines that go on with them."""
    run: list[str] = []
    item = False
    for line in lines:
        if not line.strip():
            run += [line] if run else []
            continue
        mark = _ITEM.match(line)
        if mark and (item or not run):
            # A new item, with its text where it stood.
            yield from _closed(run)
            rest = " " * mark.end() + line[mark.end() :]
            run, item = _opened(rest, spans), True
            continue
        label = None if run and line.startswith(" ") else _LABEL.match(line.lstrip())
        if label:
            yield from _closed(run)
            run, item = _opened(line.lstrip()[label.end() :], spans), False
        elif _goes_on(line, run, item):
            run.append(line)
        else:
            yield from _closed(run)
            run, item = _opened(line, spans), False
    yield from _closed(run)


def _goes_on(line: str, run: list[str], item: bool) -> bool:
    if not run:
        return False
    if line.startswith(" "):
        return True
    return not item and not is_prose(line)


def _closed(run: list[str]) -> Iterator[str]:
    if any(line.strip() for line in run):
        yield "\n".join(run)


def _opened(line: str, spans: list[str]) -> list[str]:
    """A line that begins a piece; nothing where it is prose, whose code quotes are noted."""
    indentation = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    if text.startswith("**") and (end := text.find("**", 2)) > 0:
        text = text[2:end] + text[end + 2 :]
    quoted = _SPAN.findall(text)
    if text.startswith("`") and quoted:
        # What is quoted first is the tactic; what follows explains it.
        return [indentation + quoted[0].strip()]
    if quoted and not _name_quotes(text):
        spans += [span.strip() for span in quoted if is_code(span)]
        return []
    text = _REMARK.sub("", text)
    if is_prose(text):
        spans += [bold.strip() for bold in _BOLD.findall(text) if is_code(bold)]
        return []
    return [indentation + text]


def _name_quotes(text: str) -> bool:
    """Lean quotes names with one or two back quotes: `simp [f] at `x` is no Markdown, but a tactic word comes first."""
    return is_code(text) and not is_prose(text)
