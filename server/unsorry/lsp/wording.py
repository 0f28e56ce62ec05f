"""What users read: titles, labels, hovers.  A proof and a step are never labelled alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from unsorry.engine.report import Attempt, Partial, Proof, tallies
from unsorry.engine.views import BufferView, HoleView, Phase, Stage
from unsorry.provers.seam import Closed, Fault, Goal, Progress, ProverInfo, Refused, Rejected, TimedOut

#: Longer texts are cut where there is room for one line only.
_LINE: Final = 60

#: How many of the candidates a hover names of each suggester, and how many of those that were refused.
_NAMED: Final = 4
_REFUSED: Final = 8


def line(text: str, length: int = _LINE) -> str:
    """A text on one line."""
    return cut(" ".join(text.split()), length)


def cut(text: str, length: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def counted(number: int, word: str) -> str:
    """A number of things."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def proves(proof: Proof) -> str:
    """The title of an action that inserts a proof."""
    return f"`{line(proof.edit.text)}` — proves the goal"


def proves_given(proof: Proof) -> str:
    """The title of an action that inserts a proof which rests on something that is still open."""
    lenders = ", ".join(name.rsplit(".", 1)[-1] for name in proof.borrowed)
    return f"`{line(proof.edit.text)}` — closes the goal, given {lenders} (still open)"


def proves_in_part(partial: Partial) -> str:
    """The title of an action that inserts what leaves holes."""
    return f"{partial} (leaves {partial.goals - partial.proved} sorry)"


def progress(left: int) -> str:
    """The label of a step that leaves so many goals."""
    return f"makes progress, {counted(left, 'goal')} left" if left else "closes this goal; others are left"


def ready(proof: Proof) -> str:
    """The message of the hint on a hole that can be filled."""
    return f"`{line(proof.edit.text)}` proves this."


def stage(hole: HoleView, phase: Phase) -> str:
    """The state of a hole's search, in a few words."""
    match hole.stage:
        case Stage.PROVED if hole.proofs:
            return f"✓ {line(hole.proofs[0].text)}"
        case Stage.SEARCHING:
            return f"searching, {counted(hole.tried, 'candidate')} tried"
        case Stage.ERROR:
            return f"can't be searched: {line(hole.report.message or '') if hole.report else ''}"
        case Stage.OPEN:
            return f"no proof found, {counted(hole.tried, 'candidate')} tried"
        case _:
            return "waiting" if phase is not Phase.FAILED else "not searched"


def counts(hole: HoleView) -> str:
    """How far a search is that is under way."""
    return f"{counted(hole.searched, 'goal')}, {counted(hole.tried, 'candidate')}"


def goals_left(hole: HoleView) -> str:
    """How many goals a hole has."""
    return counted(len(hole.hole.goals), "goal")


def goal_text(goals: Sequence[Goal]) -> str:
    """Goals as the prover prints them."""
    return "\n\n".join(g.pretty for g in goals)


def describe(info: ProverInfo) -> str:
    """Which prover checks here."""
    return f"{info.prover} {info.version} ({info.origin})" if info.version else f"{info.prover} ({info.origin})"


def hover(hole: HoleView, view: BufferView) -> str:
    """All about a hole, in Markdown."""
    parts: list[str] = []
    if hole.hole.goals:
        parts.append(f"```{_fence(view)}\n{goal_text(hole.hole.goals)}\n```")
    report = hole.report
    match hole.stage:
        case Stage.PROVED if hole.proofs:
            first = hole.proofs[0]
            axioms = f" It rests on {', '.join(first.axioms)}." if first.axioms else " It rests on no axioms."
            parts.append(f"**Proved** by `{line(first.text, 200)}` ({first.origin}).{axioms}")
            parts += [f"Also: `{line(p.text, 200)}` ({p.origin})" for p in hole.proofs[1:]]
        case Stage.OPEN if report is not None:
            parts.append(f"**No proof found**: {report.message}. That does not mean that it is false.")
            if report.conditional is not None:
                parts.append(proves_given(report.conditional))
        case Stage.ERROR if report is not None:
            parts.append(f"**Can't be searched**: {report.message}.")
        case _ if view.failure is not None:
            parts.append(failed(view.failure))
        case _:
            parts.append(f"**{stage(hole, view.phase).capitalize()}**")
    if report is not None and report.attempts:
        parts.append(searched(report.attempts))
    if hole.stage is not Stage.PROVED and view.troubles:
        parts.append("\n".join(["Candidates are missing:", *(f"- {trouble}" for trouble in view.troubles)]))
    if view.prover is not None:
        parts.append(f"*Checked by {describe(view.prover)}.*")
    return "\n\n".join(parts)


def failed(why: str) -> str:
    """Why a text can't be worked on, in Markdown."""
    return f"**Not searched**: {why}"


def _fence(view: BufferView) -> str:
    return view.prover.prover.lower() if view.prover is not None else ""


def searched(attempts: Sequence[Attempt]) -> str:
    """What was tried, what became of it, and who had proposed it."""
    kinds = Counter(outcome(a) for a in attempts)
    summary = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    sources: list[str] = []
    for tally in tallies(attempts):
        theirs = [a for a in attempts if a.source == tally.source]
        named = ", ".join(f"`{line(a.candidate.text, 40)}`" for a in theirs[:_NAMED])
        sources.append(f"- {tally}: {named}{', …' if len(theirs) > _NAMED else ''}")
    refusals = [f"- `{line(a.candidate.text, 60)}` was refused: {a.refusal}" for a in attempts if a.refusal is not None]
    refusals += [
        f"- `{line(a.candidate.text, 60)}` was refused: {a.outcome.reason}"
        for a in attempts
        if isinstance(a.outcome, Refused)
    ]
    return "\n".join([f"Tried: {summary}.", *sources, *refusals[:_REFUSED]])


def outcome(attempt: Attempt) -> str:
    """What became of a candidate, in a word or two."""
    match attempt.outcome:
        case Closed():
            if attempt.refusal is not None:
                return "closed it and refused"
            return "proved it" if attempt.proves else "closed a goal"
        case Progress():
            return "made progress"
        case Rejected():
            return "failed"
        case TimedOut():
            return "ran out of time"
        case Refused():
            return "not allowed"
        case Fault():
            return "took the prover down"
