"""What a run of a suite found, hole by hole, and the figures made of it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from unsorry.cli.suites.builtin import Shot, union
from unsorry.errors import InputError

OURS: Final = "unsorry"
UNION: Final = "union"

#: Parts of the budget at which pass rates are told.
_PARTS: Final = (0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Result:
    """One hole.  ``seconds`` is the time to its first certified proof, or all that was spent; ``nodes`` are goals.

    ``builtin`` is what each one-shot tactic gave, empty where none was run.
    """

    key: str
    level: str
    goal: str
    proved: bool
    seconds: float
    candidates: int
    nodes: int
    proof: str | None
    origin: str | None
    message: str | None
    builtin: dict[str, Shot] = field(default_factory=dict[str, Shot])

    def line(self) -> str:
        """As a line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Result:
        """What :meth:`line` gave."""
        data: dict[str, Any] = json.loads(line)
        shots = {name: Shot(**shot) for name, shot in data.pop("builtin").items()}
        return cls(**data, builtin=shots)

    def shot(self, series: str, budget: float) -> Shot:
        """How a series did here: this program, a tactic, or all tactics in turn."""
        if series == OURS:
            return Shot(self.proved, self.seconds)
        if series == UNION:
            return union(tuple(self.builtin.values()), budget)
        return self.builtin[series]


def read(path: Path) -> list[Result]:
    """The results in a file; a last line that was cut short does not count."""
    found: list[Result] = []
    lines = path.read_text("utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if number == len(lines) and not line.endswith("\n"):
            break
        try:
            found.append(Result.from_line(line))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}, line {number}: this is no result of a benchmark") from error
    return found


def series_of(results: Sequence[Result]) -> list[str]:
    """What there is to compare: this program, each tactic, and all tactics in turn."""
    tactics = list(dict.fromkeys(t for r in results for t in r.builtin))
    return [OURS, *tactics, UNION] if tactics else [OURS]


def passed(results: Iterable[Result], series: str, seconds: float, budget: float) -> int:
    """How many holes a series proves in so much of its time."""
    return sum(1 for r in results if (s := r.shot(series, budget)).proved and s.seconds <= seconds)


def summary(results: Sequence[Result], budget: float) -> dict[str, Any]:
    """All figures of a run.  Rates are parts of all holes."""
    series = series_of(results)
    levels = sorted({r.level for r in results})
    return {
        "holes": len(results),
        "budget": budget,
        "series": [_series(results, s, budget) for s in series],
        "levels": [_level(level, [r for r in results if r.level == level], series, budget) for level in levels],
        "search": {
            **_effort(results),
            "nodes_max": max((r.nodes for r in results), default=0),
            "candidates": sum(r.candidates for r in results),
        },
        "against": _against(results, budget) if UNION in series else None,
    }


def _series(results: Sequence[Result], name: str, budget: float) -> dict[str, Any]:
    proved = [s for r in results if (s := r.shot(name, budget)).proved and s.seconds <= budget]
    return {
        "name": name,
        "proved": len(proved),
        "rate": _rate(len(proved), results),
        "rates": {f"{budget * p:g}": _rate(passed(results, name, budget * p, budget), results) for p in _PARTS},
        "seconds_p50": _median(s.seconds for s in proved),
    }


def _level(level: str, results: Sequence[Result], series: Sequence[str], budget: float) -> dict[str, Any]:
    counts = {s: passed(results, s, budget, budget) for s in series}
    ours = _series(results, OURS, budget)
    figures = {"rates": ours["rates"], "seconds_p50": ours["seconds_p50"], **_effort(results)}
    return {"level": level, "holes": len(results), "proved": counts, **figures}


def _effort(results: Sequence[Result]) -> dict[str, float | None]:
    """What a hole took, proved or not."""
    return {
        "candidates_p50": _median(r.candidates for r in results),
        "nodes_p50": _median(r.nodes for r in results),
    }


def _against(results: Sequence[Result], budget: float) -> dict[str, Any]:
    """What the tactics leave open and this program proves, and the other way round."""

    def proves(result: Result, series: str) -> bool:
        return passed([result], series, budget, budget) > 0

    ours = {r.key for r in results if proves(r, OURS)}
    theirs = {r.key for r in results if proves(r, UNION)}
    alone = {r.key for r in results if any(proves(r, tactic) for tactic in r.builtin)}
    tactics = [s for s in series_of(results) if s not in {OURS, UNION}]
    best = max(tactics, key=lambda t: passed(results, t, budget, budget))
    return {
        "best": best,
        "best_proved": passed(results, best, budget, budget),
        "union_proved": len(theirs),
        "union_open": len(results) - len(theirs),
        "gained": len(ours - theirs),
        "gained_rate": len(ours - theirs) / (len(results) - len(theirs)) if len(results) > len(theirs) else None,
        "lost": sorted((theirs | alone) - ours),
    }


def _rate(number: int, results: Sequence[Result]) -> float:
    return number / len(results) if results else 0.0


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


def markdown(data: dict[str, Any]) -> str:
    """The figures as tables."""
    budgets = list(data["series"][0]["rates"])
    rows = [["", "proved", *(f"{b} s" for b in budgets), "median s"]]
    rows += [
        [
            s["name"],
            f"{s['proved']}/{data['holes']}",
            *(f"{s['rates'][b]:.1%}" for b in budgets),
            _cell(s["seconds_p50"]),
        ]
        for s in data["series"]
    ]
    # This program by level and budget, with what a hole took; short, for a terminal shows it in 80 columns.
    levels = [["level", "holes", *(f"{b} s" for b in budgets), "median s", "tried", "nodes"]]
    whole: dict[str, Any] = {"level": "all", "holes": data["holes"], **data["series"][0], **data["search"]}
    levels += [
        [
            e["level"],
            str(e["holes"]),
            *(f"{e['rates'][b]:.0%}" for b in budgets),
            _cell(e["seconds_p50"]),
            *("" if e[name] is None else f"{e[name]:g}" for name in ("candidates_p50", "nodes_p50")),
        ]
        for e in (*data["levels"], whole)
    ]
    parts = [_table(rows), _table(levels)]
    if (against := data["against"]) is not None:
        # Of many tactics the best is shown; what each did is in the JSON.
        names = [OURS, against["best"], UNION]
        sides = [["level", "holes", *names]]
        sides += [[e["level"], str(e["holes"]), *(str(e["proved"][n]) for n in names)] for e in data["levels"]]
        parts.append(_table(sides))
        parts.append(
            f"The tactics together leave {against['union_open']} open, and {against['gained']} of these are proved"
            + (f" ({against['gained_rate']:.1%})" if against["gained_rate"] is not None else "")
            + f"; {len(against['lost'])} that one of them proves are not."
        )
    return "\n\n".join(parts) + "\n"


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rest))
