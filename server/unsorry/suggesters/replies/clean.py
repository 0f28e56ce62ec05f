"""Takes off what is not the answer: thoughts, tokens of chat templates, marks, control characters."""

from __future__ import annotations

import re

#: What is looked at, in characters, once the thoughts are gone.
_MAX_ANSWER = 200_000

_THOUGHT = re.compile(r"[<◁](/?)(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)[>▷]", re.IGNORECASE)

# Tokens of chat templates, never with blanks inside: `f <| g |> h` is Lean.
_TOKEN = re.compile(r"<\|[A-Za-z0-9_▁]+\|>|<｜[^｜>\s]+｜>|</?s>|<(?:start|end)_of_turn>|<pad>|\[/?INST\]")
# Where a model has several channels, the answer is in this one.
_FINAL = re.compile(r"<\|channel\|>final\s*(?:<\|[a-z]+\|>[^<\n]*)?<\|message\|>")
_ROLE = re.compile(r"(?:assistant|model)\s*\n")

# Tags that wrap an answer, and the marks that ReProver's models put around the names of premises.
_WRAPPER = re.compile(
    r"</?(?:answer|final|output|proof|response|result|solution|tactics?|lean4?|isabelle)>"
    r"|\[/?(?:answer|proof|proofstep|tactic)\]",
    re.IGNORECASE,
)
_MARK = re.compile(r"</?a>")

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u2028\u2029\ufeff]")


def answer(reply: str) -> str:
    """The part of a reply that is meant to be read."""
    final = list(_FINAL.finditer(reply))
    text = _without_thoughts(reply[final[-1].end() :] if final else reply)[:_MAX_ANSWER]
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\u00a0", " ").replace("\t", "  ")
    return _MARK.sub("", _WRAPPER.sub("\n\n", _turn(text)))


def _without_thoughts(text: str) -> str:
    """Without thoughts, also those whose beginning is in the prompt or whose end never came."""
    kept: list[str] = []
    start = depth = 0
    for tag in _THOUGHT.finditer(text):
        if tag[1]:
            if depth <= 1:
                # An end without a beginning: all that came before was thought.
                kept = kept if depth else []
                start = tag.end()
            depth = max(0, depth - 1)
        else:
            if not depth:
                kept.append(text[start : tag.start()])
            depth += 1
    if not depth:
        kept.append(text[start:])
    return "\n".join(kept) if len(kept) > 1 else "".join(kept)


def _turn(text: str) -> str:
    """What comes before the end of the model's turn."""
    start = 0
    for token in _TOKEN.finditer(text):
        said = text[start : token.start()]
        if said.strip() and not _ROLE.fullmatch(said + "\n"):
            return _said(said)
        start = token.end()
    return _said(text[start:])


def _said(text: str) -> str:
    role = _ROLE.match(text)
    return text[role.end() :] if role else text
