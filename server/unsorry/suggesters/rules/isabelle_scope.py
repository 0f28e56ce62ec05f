"""Facts without a name that a structured proof has in scope at a hole: they are used by what they say."""

from __future__ import annotations

import re

_PIECE = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*"|\\<open>.*?\\<close>|‹.*?›)|(?P<word>[^\W\d][\w\'.]*)|(?P<sign>[{}:\[\]])', re.DOTALL
)
_COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)
_BEGINNING = re.compile(r"^[ \t]*(?:lemma|theorem|corollary|proposition)\b", re.MULTILINE)

#: Commands that bring facts, and commands after which no more of the same come.
_BRINGING = {"assume", "have", "presume", "hence"}
_OTHERS = {
    "show", "thus", "obtain", "fix", "then", "from", "with", "using", "by", "sorry", "case", "also", "finally",
    "moreover", "ultimately", "note", "define", "unfolding", "apply", "let", "consider", "done", "if", "for", "where",
}  # fmt: skip

#: How many are used.
_MAX_FACTS = 5


def unnamed_facts(before: str) -> tuple[str, ...]:
    """What ``assume`` and ``have`` have said without a label since the proof began, as far as it is still in scope."""
    starts = [m.start() for m in _BEGINNING.finditer(before)]
    if not starts:
        return ()
    frames: list[list[str]] = [[]]
    bringing = labelled = False
    inside = False
    for match in _PIECE.finditer(_COMMENT.sub(" ", before[starts[-1] :])):
        word = match["word"]
        if word in _BRINGING:
            bringing, labelled = True, False
        elif word in {"proof", "next", "qed"} or match["sign"] in {"{", "}"}:
            bringing = False
            _scope(frames, word or match["sign"])
            inside = inside or word == "proof"
        elif word in _OTHERS:
            bringing = False
        elif word == "and":
            labelled = False
        elif match["sign"] == ":":
            labelled = True
        elif bringing and inside:
            # A label is a word too, but what it labels follows it.
            said = match["quoted"] or (word if word is not None and word[0].isupper() else None)
            if said is not None and not labelled:
                frames[-1].append(_bare(said))
    found = [f for frame in frames for f in frame if not re.search(r"\?|…|\\<dots>|\n", f)]
    return tuple(dict.fromkeys(found))[-_MAX_FACTS:]


def _scope(frames: list[list[str]], word: str) -> None:
    if word in {"proof", "{"}:
        frames.append([])
    elif word == "next":
        frames[-1].clear()
    elif len(frames) > 1:
        frames.pop()


def _bare(quoted: str) -> str:
    for start, end in (('"', '"'), ("\\<open>", "\\<close>"), ("‹", "›")):
        if quoted.startswith(start) and quoted.endswith(end):
            return quoted[len(start) : len(quoted) - len(end)].strip()
    return quoted
