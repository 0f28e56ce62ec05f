"""Candidates of different suggesters in one order, by what the prover said of earlier ones.

A score means something else to each suggester: the log-probability of a text, of a token, or a rank.  So for each one
there is a line from its scores to the log-odds of closing the goal, as Platt draws it ("Probabilistic Outputs for
Support Vector Machines", 1999), with an offset for each shape of goal on top, so that what is known of a suggester
holds for shapes that it has not met.  The weights are Gaussian and learn from each outcome as in Bayesian logistic
regression with a diagonal covariance (Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", 2011, algorithm
3), with one Newton step for each.  Before there is any outcome the log-odds are the raw score.  The slope stays
positive: what one suggester prefers comes first, whatever has been learned.

What is tried in turn until one succeeds is soonest done in the order of success per cost (Simon and Kadane, "Optimal
Problem-Solving Search", Artificial Intelligence 6, 1975).  The cost is the prover's time for a candidate, of which each
suggester has its mean; so one whose candidates run out of time pays for that.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from unsorry.suggesters.seam import Candidate, GoalContext

#: How far the truth may be from the raw score: variances of the offset, of a shape's own, and of the slope.
_OFFSET, _SHAPE, _SLOPE = 4.0, 1.0, 0.25

#: Variances do not fall below this, so that about the last hundred outcomes count: projects and models change.
_LEAST_VARIANCE = 0.05

#: The slope stays above this.
_LEAST_SLOPE = 0.1

#: Lower scores say no more.
_LEAST_SCORE = -30.0

#: What a candidate costs besides the prover's own time, in seconds, and for how many candidates the mean time of all
#: suggesters stands in that of each.
_OVERHEAD = 0.001
_FAMILIAR = 4.0

#: The part of each batch that suggesters get in equal parts, whatever is known of them.
_EXPLORED = 0.2


def shape_of(context: GoalContext) -> str:
    """What goals have in common for which suggesters do about equally well, in the words of any prover.

    The head of the first goal behind its binders, and whether it is about what its own text defines.
    """
    if not context.goals:
        return ""
    goal = context.goal.inner or context.goal
    own = any(c.module is None for c in goal.constants)
    return f"{goal.head} of its own" if own else goal.head


@dataclass(slots=True)
class _Weight:
    """A number that is not known for sure."""

    mean: float
    variance: float


@dataclass(slots=True)
class _Record:
    """What is known of one suggester.  ``seconds`` are the prover's for the candidates in ``tried``."""

    offset: _Weight = field(default_factory=lambda: _Weight(0.0, _OFFSET))
    slope: _Weight = field(default_factory=lambda: _Weight(1.0, _SLOPE))
    shapes: dict[str, _Weight] = field(default_factory=dict[str, _Weight])
    tried: int = 0
    seconds: float = 0.0


class Mixing:
    """How well each suggester does on the files of one project, and who is to have the prover's time."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._records: dict[str, _Record] = {}
        self._all = _Record()

    def note(self, source: str, shape: str, score: float, *, closed: bool, seconds: float) -> None:
        """A candidate with this raw score had its turn.  ``closed`` says that it was certified."""
        record = self._records.setdefault(source, _Record())
        for told in (record, self._all):
            told.tried += 1
            told.seconds += _OVERHEAD + seconds
        score = max(score, _LEAST_SCORE)
        chance = _chance(self.log_odds(source, shape, score))
        here = record.shapes.setdefault(shape, _Weight(0.0, _SHAPE))
        parts = ((record.offset, 1.0), (here, 1.0), (record.slope, score))
        spread = chance * (1 - chance)
        scale = 1 + spread * sum(w.variance * x * x for w, x in parts)
        for weight, x in parts:
            step = weight.variance * x
            weight.mean += step * (closed - chance) / scale
            weight.variance = max(_LEAST_VARIANCE, weight.variance - step * step * spread / scale)
        record.slope.mean = max(_LEAST_SLOPE, record.slope.mean)

    def log_odds(self, source: str, shape: str, score: float) -> float:
        """The log-odds that a suggester's candidate with this raw score closes a goal of such a shape."""
        record = self._records.get(source)
        score = max(score, _LEAST_SCORE)
        if record is None:
            return score
        here = record.shapes.get(shape)
        return record.offset.mean + (here.mean if here is not None else 0.0) + record.slope.mean * score

    def seconds(self, source: str) -> float:
        """How long the prover is likely to take for one of its candidates."""
        usual = self._all.seconds / self._all.tried if self._all.tried else _OVERHEAD
        record = self._records.get(source, _Record())
        return (record.seconds + _FAMILIAR * usual) / (record.tried + _FAMILIAR)

    def worth(self, source: str, shape: str, score: float) -> float:
        """Success for each second of the prover's, as its logarithm."""
        odds = self.log_odds(source, shape, score)
        return -math.log1p(math.exp(-odds)) - math.log(self.seconds(source))

    def shares(self, shape: str, best: Mapping[str, float]) -> dict[str, float]:
        """What part of a batch each suggester gets, by the raw score of the best candidate that it has waiting."""
        worths = {source: self.worth(source, shape, score) for source, score in best.items()}
        top = max(worths.values(), default=0.0)
        weights = {source: math.exp(worth - top) for source, worth in worths.items()}
        total = sum(weights.values())
        even = _EXPLORED / len(weights) if weights else 0.0
        return {source: (1 - _EXPLORED) * weight / total + even for source, weight in weights.items()}

    def take(self, shape: str, waiting: Mapping[str, list[Candidate]], size: int) -> list[Candidate]:
        """Takes the next candidates out of those that wait, by suggester: everybody's share, in the order of worth."""
        queues = {source: queue for source, queue in waiting.items() if queue}
        for queue in queues.values():
            queue.sort(key=lambda c: -c.score)
        shares = self.shares(shape, {source: queue[0].score for source, queue in queues.items()})
        given = dict.fromkeys(queues, 0)
        for _ in range(min(size, sum(len(q) for q in queues.values()))):
            # Sainte-Laguë's method: whole slots in proportion to shares.
            hungry = [source for source in queues if given[source] < len(queues[source])]
            given[max(hungry, key=lambda s: shares[s] / (2 * given[s] + 1))] += 1
        taken: list[list[tuple[float, Candidate]]] = []
        for source, queue in queues.items():
            taken.append([(self.worth(source, shape, c.score), c) for c in queue[: given[source]]])
            del queue[: given[source]]
        # Merged and not sorted: no rounding can change the order of one suggester's own.
        return [candidate for _, candidate in heapq.merge(*taken, key=lambda pair: -pair[0])]


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
