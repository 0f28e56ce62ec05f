"""From a piece of code to candidates: the proof of a restated theorem, laid out as if it stood alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unsorry.suggesters.replies.words import LEAN, METHODS, is_prose

#: How many local definitions a statement may have.
_MAX_INNER = 16

_BRACKETS = {")": "(", "]": "[", "}": "{", "⟩": "⟨"}
_DECLARATION = re.compile(
    r"^([ ]*)(?:(?>(?:open|set_option)\b[^\n]*?\bin\b)\s++){0,4}+"
    r"(?:@\[[^\]\n]*\]\s*+){0,4}(?:(?:private|protected|noncomputable|nonrec|local|scoped)\s++){0,4}"
    r"(?:theorem|lemma|example|def|instance|abbrev|corollary|proposition|schematic_goal)\b[ ]*([^\s:({\[\"]*)",
    re.MULTILINE,
)
# Lines that stand around theorems.  `open … in` and `set_option … in` are tactics too.
_SURROUNDING = re.compile(
    r"(?:import|universe|universes|variable|variables|namespace|section|noncomputable section|theory|imports|begin)\b"
    r"|(?:open|set_option)\b(?!.*\bin\b)|end(?:\s+[\w.]+)?\s*\Z"
)
_AFTER = re.compile(
    r"^(?:theorem|lemma|example|def|instance|abbrev|corollary|proposition|schematic_goal|end|namespace|section|import|"
    r"#\w+|@\[|/--|definition|fun|primrec|text|termination_by|decreasing_by|private|protected|noncomputable)",
    re.MULTILINE,
)
_QUOTED = re.compile(r'"[^"]*"?|‹[^›]*›?|\\<open>.*?(?:\\<close>|\Z)|\(\*.*?(?:\*\)|\Z)', re.DOTALL)
_PROVES = re.compile(r"(?<![\w.'])(?:by|apply|proof|using|unfolding|supply|subgoal|done|\.\.?(?=\s|\Z))(?![\w'])")
_LEAN_COMMENT = re.compile(r"--[^\n]*|/-.*?(?:-/|\Z)", re.DOTALL)
_LEADING_COMMENT = re.compile(r"(?:\s*(?:--[^\n]*(?:\n|\Z)|/-.*?(?:-/|\Z)|\(\*.*?(?:\*\)|\Z)))+[^\S\n]*\n?", re.DOTALL)
_SCRIPT = re.compile(r"(?:apply|done|by|using|unfolding|defer|prefer|back|supply)\b")
_HOLE = re.compile(r"(?<![\w.'])(?:sorry|admit|oops)(?![\w'])")
_SKELETON = re.compile(r"(?:(?<![\w.'])have\b[^\n]*:=|^[ \t]*\|[^\n]*=>)\s*(?:by\s+)?sorry(?![\w'])", re.MULTILINE)
_ISAR_SKELETON = re.compile(r"(?<![\w.'?])(?:have|hence|show|thus|obtain|consider)(?![\w'])[^\n]*\s+sorry(?![\w'])")
_DANGLES = re.compile(r"(?::=|=>|<;>|<\||[,;:=←+]|(?<!\w)(?:by|with|at|using|from|then|else|do|fun|only|in))\s*\Z")
_OPENS = re.compile(r"(?::=|=>|<;>|[,;:({\[⟨|=]|(?<!\w)(?:by|with|at|using|from|then|else|do|of|calc|·))\s*\Z")
_STATES_IN_ISABELLE = re.compile(r"(?:shows|assumes|fixes|:|\A)\s*(?:\"|‹|\\<open>)")


def proofs(block: str, prover: str, declaration: str | None, written: str, *, skeletons: bool = False) -> Iterator[str]:
    """The candidates in one piece of code: none or one."""
    text = _without_surroundings(block)
    stated = _statement(text, declaration)
    if stated is None:
        body: str | None = text
    else:
        rest, isabelle = stated
        prover = "Isabelle" if isabelle else prover
        body = _isabelle_proof(rest) if isabelle else _lean_proof(rest)
    if body is None or not body.strip():
        return
    whole = _finished(_tidy(_bare(body, prover)))
    whole = _remaining(whole, written)
    if (
        whole
        and (
            not _HOLE.search(_LEAN_COMMENT.sub("", _QUOTED.sub("", whole)))
            or (skeletons and (_ISAR_SKELETON if prover == "Isabelle" else _SKELETON).search(whole) is not None)
        )
        and any(c.isalnum() or c == "." for c in whole)
    ):
        yield whole


def _without_surroundings(block: str) -> str:
    lines = block.split("\n")
    start = 0
    while start < len(lines) and (not lines[start].strip() or _SURROUNDING.match(lines[start])):
        start += 1
    end = len(lines)
    while end > start and (not lines[end - 1].strip() or _SURROUNDING.match(lines[end - 1])):
        end -= 1
    return "\n".join(lines[start:end])


def _statement(text: str, declaration: str | None) -> tuple[str, bool] | None:
    """The theorem that is proved, from behind its name on, and whether it is Isabelle's; None where none is stated.

    That is the one of the given name, or else the last one: what comes before are lemmas that help.
    """
    found = list(_DECLARATION.finditer(text))
    if not found or _before_is_proof(text[: found[0].start()]):
        return None
    wanted = [m for m in found if declaration and m[2].split(".")[-1] == declaration.split(".")[-1]]
    match = (wanted or found)[-1]
    rest = text[match.end() :]
    following = _AFTER.search(rest)
    rest = _dedented(" " * len(match[1]) + rest[: following.start()] if following else rest)
    head = rest.split(":=", 1)[0]
    return rest, bool(_STATES_IN_ISABELLE.search(head.strip()) or re.match(r"[^\n]*(?:\"|‹|\\<open>)", head))


def _before_is_proof(before: str) -> bool:
    """Whether what comes before the first theorem is no comment or prose: `instance` may be a word in a proof."""
    comment = _LEADING_COMMENT.match(before)
    code = before[comment.end() :] if comment else before
    return any(line.strip() and not _SURROUNDING.match(line) and not is_prose(line) for line in code.split("\n"))


def _lean_proof(rest: str) -> str | None:
    """What comes behind the `:=` that ends a statement; those in brackets are defaults of arguments."""
    code = _LEAN_COMMENT.sub(lambda m: " " * len(m[0]), rest)
    depth = inner = 0
    for i, sign in enumerate(code):
        if sign in "([{⟨":
            depth += 1
        elif sign in ")]}⟩":
            depth = max(0, depth - 1)
        elif not depth and sign == ":" and code.startswith(":=", i):
            # A statement such as `let x := 1; …` has its first `:=` on the way.
            begun = code.rfind("\n", 0, i) + 1
            if inner < _MAX_INNER and re.match(r"\s*(?:let|have)\b|.*:\s*(?:let|have)\b", code[begun:i]):
                inner += 1
                continue
            body = " " * (i + 2 - rest.rfind("\n", 0, i) - 1) + rest[i + 2 :]
            return body if re.match(r"\s*by\b", body) or not body.strip() else f"exact {body.strip()}"
    return None


def _isabelle_proof(rest: str) -> str | None:
    blank = _QUOTED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), rest)
    begin = _PROVES.search(blank)
    return rest[begin.start() :] if begin else None


def _bare(body: str, prover: str) -> str:
    """Without what leads to the tactics in Lean, and with what runs the methods in Isabelle."""
    text = body.removeprefix("\n")
    if prover == "Isabelle":
        first = re.match(r"\s*([a-z_]+)", text)
        # `induct` is a method only, `unfolding` a command, and `(` begins a method in either case.
        lone = "\n" not in text.strip() and (first[1] in METHODS if first else text.lstrip().startswith("("))
        return f"by {_method(text.strip())}" if lone else text
    match = re.match(r"\s*(?::=\s*)?by\b(?!\s*\()[^\S\n]*|\s*:=", text)
    if not match or _is_isabelle(text):
        return text
    column = match.end() - (text.rfind("\n", 0, match.end()) + 1)
    rest = text[match.end() :]
    if rest.startswith("\n") or not rest.strip():
        return rest.removeprefix("\n")
    first_line, _, others = rest.partition("\n")
    margin = _margin(others)
    if others.strip() and margin >= column > 0:
        return " " * column + rest
    return first_line + ("\n" + others if others else "")


def _method(text: str) -> str:
    return f"({text})" if re.search(r"\s", text) and not text.startswith("(") else text


def _is_isabelle(text: str) -> bool:
    """Isabelle's `by` takes a method in parentheses or a second one; Lean's takes tactics."""
    return bool(re.match(r"\s*by\s*\(\s*(?:induct|cases|rule|simp|auto|metis|intro)\w*\b", text))


def _margin(text: str) -> int:
    return min((len(line) - len(line.lstrip()) for line in text.split("\n") if line.strip()), default=0)


def _dedented(text: str) -> str:
    margin = _margin(text)
    return "\n".join(line[margin:].rstrip() for line in text.split("\n"))


def _tidy(text: str) -> str:
    """At the margin, without comments in front, blank lines around, and the full stop of a sentence."""
    comment = _LEADING_COMMENT.match(text)
    text = _dedented(text[comment.end() :] if comment else text).strip("\n")
    lines = text.split("\n")
    while len(lines) > 1 and is_prose(lines[-1]) and lines[-1][:1].isupper():
        lines.pop()
    filled = [line for line in lines if line.strip()]
    if filled and filled[0].lstrip().startswith("apply") and all(_SCRIPT.match(line.strip()) for line in filled):
        # The steps of a script, indented by how many goals are left.
        lines = [line.strip() for line in filled]
    elif len(filled) > 1 and not filled[0].startswith(" "):
        lines = _aligned(lines)
    text = "\n".join(lines).strip()
    if "\n" not in text:
        text = re.sub(r"(?<!\s)\s++(?:--\s.*|\(\d+(?:\.\d+)? m?s\))\Z", "", text)
    if "\n" not in text and re.search(r"[\w\])⟩]\.\Z", text):
        text = text[:-1]
    return text


def _aligned(lines: list[str]) -> list[str]:
    """With the first line's indentation made good, which is in the prompt or was stripped off."""
    rest = [line for line in lines[1:] if line.strip()]
    margin = _margin("\n".join(rest))
    deeper = rest[0].startswith(" " * (margin + 1))
    at_margin = next(line for line in rest if not line.startswith(" " * (margin + 1)))
    # What a line that opens a block is followed by belongs to it, unless there is more further left.
    if margin and _begins_tactic(at_margin.strip()) and deeper == bool(_OPENS.search(lines[0])):
        return [lines[0], *(line[margin:] for line in lines[1:])]
    return lines


def _begins_tactic(line: str) -> bool:
    begins = re.match(r"[a-z_]+\b|·", line)
    return begins is not None and (begins[0] == "·" or begins[0] in LEAN - {"at", "from", "with", "by"})


def _finished(text: str) -> str:
    """Without the lines at the end that were cut off: those that leave a bracket, a quote or a clause open."""
    lines = text.split("\n")
    depth: list[str] = []
    sound = 0
    quotes = 0
    for i, line in enumerate(lines):
        code = line.split("--", 1)[0]
        for sign in code:
            if sign in "([{⟨":
                depth.append(sign)
            elif sign in _BRACKETS and depth and depth[-1] == _BRACKETS[sign]:
                depth.pop()
        quotes += code.count('"')
        if not depth and quotes % 2 == 0 and not _DANGLES.search(code):
            sound = i + 1
    return "\n".join(lines[:sound]).rstrip()


def _remaining(text: str, written: str) -> str:
    """What comes after the part of the proof that is there already."""
    known = [" ".join(line.split()) for line in written.split("\n") if line.strip()]
    lines = text.split("\n")
    filled = [i for i, line in enumerate(lines) if line.strip()]
    if not known or [" ".join(lines[i].split()) for i in filled[: len(known)]] != known:
        return text
    return _dedented("\n".join(lines[filled[len(known) - 1] + 1 :])).strip("\n")
