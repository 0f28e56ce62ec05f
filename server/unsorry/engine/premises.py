"""Which theorems may help with a goal, of those that are accessible at its place.

The prover says what is accessible: what stands before the hole in its own text, asked for anew for each hole, and what
is imported, of which each part is asked for once.  So a theorem that was saved a moment ago is there at once, and one
below the cursor or in a module that is not imported never is.

With a model that embeds texts, those that the symbols put first are ranked by it as well.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from unsorry.engine.embeddings import Embedder, Embeddings, fused
from unsorry.engine.ranking import Query, Ranking
from unsorry.engine.threads import in_thread
from unsorry.errors import ProverError
from unsorry.provers.seam import Goal, Premise, Prover, StateHandle

_log = logging.getLogger(__name__)

#: A turn at the prover that has the state.
Turn = Callable[[], AbstractAsyncContextManager[Prover]]

#: How many theorems a goal gets, and how many of these may be of its own text.
_MAX_PREMISES = 16
_MAX_OWN = 6

#: How many theorems are ranked by a model, how many of their statements are asked for in one turn at the prover, and
#: how long a hole's goals wait for that in all, in seconds.  What is there by then counts, and stays for other holes.
_SHORTLIST = 200
_STATEMENTS = 16
_PATIENCE = 3.0

#: How long one goal waits for its own embedding.
_GOAL_PATIENCE = 0.5

#: How many sets of imports are kept ready, and how many parts of them.
_MAX_RANKINGS = 4
_MAX_LIBRARIES = 4000


class PremiseIndex:
    """What a project's texts import, by the symbols of each theorem."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """Nothing is asked for before somebody wants premises.  ``embedder`` is a model that helps to rank them."""
        self.embeddings = None if embedder is None else Embeddings(embedder)
        self._libraries: OrderedDict[str, tuple[Premise, ...]] = OrderedDict()
        self._rankings: OrderedDict[tuple[str, ...], Ranking] = OrderedDict()
        self._making: dict[tuple[str, ...], asyncio.Lock] = {}

    def at(self, state: StateHandle, without: frozenset[str] = frozenset()) -> Selection:
        """The premises at a hole.  Theorems of its own text in ``without`` are left out."""
        return Selection(self, state, without)

    async def imported(self, names: tuple[str, ...], state: StateHandle, turn: Turn) -> Ranking:
        """The theorems of these libraries, which the state has.

        Each is asked for in a turn of its own, so that others have theirs; whoever is cancelled loses one of them.

        Raises:
            ProverError: the prover can't be brought back.
        """
        made = self._rankings.get(names)
        if made is None:
            async with self._making.setdefault(names, asyncio.Lock()):
                made = self._rankings.get(names) or await self._make(names, state, turn)
            self._making.pop(names, None)
        self._rankings.move_to_end(names)
        return made

    async def _make(self, names: tuple[str, ...], state: StateHandle, turn: Turn) -> Ranking:
        for name in names:
            if name not in self._libraries:
                async with turn() as prover:
                    self._libraries[name] = await prover.premises(state, name)
            self._libraries.move_to_end(name)
        premises = list(itertools.chain.from_iterable(self._libraries[name] for name in names))
        made = self._rankings[names] = await in_thread("rank premises", lambda: Ranking(premises))
        while len(self._rankings) > _MAX_RANKINGS:
            self._rankings.popitem(last=False)
        while len(self._libraries) > max(_MAX_LIBRARIES, len(names)):
            self._libraries.popitem(last=False)
        return made


class Selection:
    """The premises at one hole, chosen anew for each goal that a search from there comes to."""

    def __init__(self, index: PremiseIndex, state: StateHandle, without: frozenset[str]) -> None:
        """Made by :meth:`PremiseIndex.at`."""
        self._index = index
        self._handle = state
        self._without = without
        self._rankings: tuple[Ranking, Ranking] | None = None
        # With statements; None for what can't be used here.
        self._stated: dict[str, Premise | None] = {}
        self._patience = _PATIENCE
        self._failed = False

    async def get_ready(self, turn: Turn) -> None:
        """Reads what is accessible before anybody's time runs, which :meth:`select` does otherwise."""
        if self._rankings is None and not self._failed:
            try:
                self._rankings = await self._read(turn)
            except ProverError as error:
                self._give_up(error)

    async def select(self, goals: Sequence[Goal], turn: Turn) -> tuple[Premise, ...]:
        """The likeliest first, the text's own before others; none where the prover has trouble.

        Being cancelled is fine.
        """
        await self.get_ready(turn)
        if self._rankings is None or self._failed or not goals:
            return ()
        own, imported = self._rankings
        query = Query.of(goals)
        try:
            embeddings = self._index.embeddings
            if embeddings is None:
                first, others = await in_thread(
                    "choose premises", lambda: (own.best(query, _MAX_OWN), imported.best(query, _MAX_PREMISES))
                )
            else:
                first, others = await self._with_model(embeddings, goals[0], query, turn)
            first = first[:_MAX_OWN]
            chosen = [*first, *others[: _MAX_PREMISES - len(first)]]
            return await self._with_statements(chosen, turn)
        except ProverError as error:
            self._give_up(error)
            return ()

    def _give_up(self, error: ProverError) -> None:
        _log.warning("a search goes on without premises: %s", error)
        self._failed = True

    async def _read(self, turn: Turn) -> tuple[Ranking, Ranking]:
        async with turn() as prover:
            names = await prover.libraries(self._handle)
            own = [p for p in await prover.premises(self._handle) if not self._is_left_out(p)]
        imported = await self._index.imported(names, self._handle, turn)
        return await in_thread("rank premises", lambda: Ranking(own)), imported

    def _is_left_out(self, premise: Premise) -> bool:
        # A prover may put the name of the text in front.
        return premise.name in self._without or premise.name.partition(".")[2] in self._without

    async def _with_model(
        self, embeddings: Embeddings, goal: Goal, query: Query, turn: Turn
    ) -> tuple[list[Premise], list[Premise]]:
        """The text's own and others, ranked by a model as well as far as that does not take too long."""
        assert self._rankings is not None
        own, imported = self._rankings
        lists = await in_thread(
            "choose premises", lambda: (own.scored(query, _SHORTLIST), imported.scored(query, _SHORTLIST))
        )
        everything = [p for one in lists for p in one]
        begun, near = time.monotonic(), dict[Premise, float]()
        try:
            async with asyncio.timeout(self._patience):
                await self._embed(embeddings, embeddings.missing(everything), turn)
        except TimeoutError:
            pass
        finally:
            self._patience -= time.monotonic() - begun
        try:
            async with asyncio.timeout(_GOAL_PATIENCE):
                near = await embeddings.scored(goal, everything)
        except TimeoutError:
            pass
        first, others = (fused(one, {p: near[p] for p in one if p in near}) for one in lists)
        return first, others

    async def _embed(self, embeddings: Embeddings, premises: Sequence[Premise], turn: Turn) -> None:
        for begin in range(0, len(premises), _STATEMENTS):
            some = premises[begin : begin + _STATEMENTS]
            await self._state(some, turn)
            known = [(p, s.statement or "") for p in some if (s := self._stated[p.name]) is not None]
            await embeddings.add([p for p, _ in known], [text for _, text in known])

    async def _with_statements(self, chosen: Sequence[Premise], turn: Turn) -> tuple[Premise, ...]:
        await self._state(chosen, turn)
        found = (self._stated[p.name] for p in chosen)
        return tuple(p for p in found if p is not None)

    async def _state(self, premises: Sequence[Premise], turn: Turn) -> None:
        """Asks for the statements of these, as far as they are not known."""
        unknown = [p for p in premises if p.name not in self._stated]
        if unknown:
            async with turn() as prover:
                told = await prover.stated(self._handle, unknown)
            self._stated |= {p.name: known for p, known in zip(unknown, told, strict=True)}
