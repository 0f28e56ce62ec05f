import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, next, outcomeWords, proofOf, rows, stageWords, triedWords, type Search, type View, type Wish } from "../../src/panel/state.ts";
import type { Candidate, Outcome, SearchNotice } from "../../src/protocol.ts";

function candidate(text: string, outcome: Outcome = "rejected", more: Partial<Candidate> = {}): Candidate {
  return { text, origin: "rules", score: null, outcome, message: null, goals: null, steps: [], seconds: 0.01, ...more };
}

const RANGE = { start: { line: 3, character: 2 }, end: { line: 3, character: 7 } };

function notice(changes: Partial<SearchNotice> = {}): SearchNotice {
  return {
    uri: "file:///A.lean",
    version: 1,
    range: RANGE,
    declaration: "swap",
    goals: ["⊢ q ∧ p"],
    stage: "searching",
    generation: 1,
    first: 0,
    candidates: [],
    tried: 0,
    proofs: [],
    message: null,
    ...changes,
  };
}

function after(...notices: SearchNotice[]): Search {
  const view = notices.reduce<View>((before, told) => next(before, { kind: "notice", notice: told }), EMPTY);
  assert(view.kind === "search");
  return view;
}

const texts = (search: Search): string[] => search.candidates.map(({ text }) => text);

test("candidates come one after another", () => {
  const search = after(
    notice({ candidates: [candidate("rfl"), candidate("simp")], tried: 2 }),
    notice({ first: 2, candidates: [candidate("omega")], tried: 3 }),
  );
  assert.deepEqual(texts(search), ["rfl", "simp", "omega"]);
  assert.equal(search.tried, 3);
});

test("candidates that are told again count once", () => {
  const search = after(
    notice({ candidates: [candidate("rfl"), candidate("simp")] }),
    notice({ first: 1, candidates: [candidate("simp"), candidate("omega")] }),
  );
  assert.deepEqual(texts(search), ["rfl", "simp", "omega"]);
});

test("a new generation forgets candidates and graph", () => {
  const graph = { nodes: [], steps: [], left_out: 0 };
  const search = after(notice({ candidates: [candidate("rfl")], graph }), notice({ generation: 2, candidates: [candidate("simp")] }));
  assert.deepEqual(texts(search), ["simp"]);
  assert.equal(search.graph, null);
});

test("a graph stays until another one comes, or none", () => {
  const graph = { nodes: [], steps: [], left_out: 0 };
  assert.equal(after(notice({ graph }), notice()).graph, graph);
  assert.equal(after(notice({ graph }), notice({ graph: null })).graph, null);
});

test("a hole that is gone keeps what was known of it", () => {
  const gone: SearchNotice = { stage: "gone", generation: 1, first: 0, candidates: [] };
  const search = after(notice(), gone);
  assert.deepEqual([search.declaration, search.goals, search.range], ["swap", ["⊢ q ∧ p"], RANGE]);
  assert.equal(stageWords(search), "This hole is not there any more");
});

test("how it is going does not change with every candidate, which are counted beside it", () => {
  const searching = notice({ stage: "searching", tried: 1 });
  const words = [after(searching), after(searching, { ...searching, tried: 2 })].map((search) => [stageWords(search), triedWords(search)]);
  assert.deepEqual(words, [["Searching", "1 candidate tried"], ["Searching", "2 candidates tried"]]);
  assert.equal(triedWords(after(notice({ stage: "waiting" }))), "");
});

test("goals without a hole replace a search", () => {
  const view = next(after(notice()), { kind: "show", view: { kind: "goals", goals: ["⊢ p"] } });
  assert.deepEqual(view, { kind: "goals", goals: ["⊢ p"] });
});

const SOME = [
  candidate("simp", "rejected", { score: -3, seconds: 0.2 }),
  candidate("constructor", "progress", { score: -1, goals: 2 }),
  candidate("trivial", "proves", { origin: "neighbours", score: -2 }),
  candidate("grind", "timedOut", { seconds: 2 }),
  candidate("aesop", "closes"),
];

const shown = (wish: Partial<Wish>): string[] =>
  rows(SOME, { show: "all", order: "tried", words: "", ...wish }).map((row) => row.candidate.text);

test("the list as it was tried, and in other orders", () => {
  assert.deepEqual(shown({}), ["simp", "constructor", "trivial", "grind", "aesop"]);
  assert.deepEqual(shown({ order: "outcome" }), ["trivial", "aesop", "constructor", "simp", "grind"]);
  assert.deepEqual(shown({ order: "score" }), ["constructor", "trivial", "simp", "grind", "aesop"]);
  assert.deepEqual(shown({ order: "time" }), ["grind", "simp", "constructor", "trivial", "aesop"]);
});

test("the list shows what is wanted only", () => {
  assert.deepEqual(shown({ show: "proofs" }), ["trivial", "aesop"]);
  assert.deepEqual(shown({ show: "progress" }), ["constructor", "trivial", "aesop"]);
  assert.deepEqual(shown({ show: "failed" }), ["simp", "grind"]);
});

test("words are looked for in the text and in who proposed it", () => {
  assert.deepEqual(shown({ words: "NEIGH triv" }), ["trivial"]);
  assert.deepEqual(shown({ words: "neigh simp" }), []);
});

test("a row keeps the index that the candidate has among all", () => {
  assert.deepEqual(rows(SOME, { show: "failed", order: "time", words: "" }).map((row) => row.index), [3, 0]);
});

test("only a certified candidate whose proof is offered can be inserted", () => {
  const proof = { number: 1, text: "trivial", title: "", origin: "rules", axioms: [] };
  const search = after(notice({ stage: "proved", proofs: [proof] }));
  assert.equal(proofOf(search, candidate("trivial", "proves")), proof);
  assert.equal(proofOf(search, candidate("trivial", "closes")), undefined);
  assert.equal(proofOf(search, candidate("simp", "proves")), undefined);
});

test("outcomes in words", () => {
  assert.equal(outcomeWords(candidate("x", "progress", { goals: 1 })), "progress, 1 goal left");
  assert.equal(outcomeWords(candidate("x", "progress", { goals: 2 })), "progress, 2 goals left");
  assert.equal(outcomeWords(candidate("x", "closes", { message: "rests on sorryAx" })), "closes it, refused");
  assert.equal(outcomeWords(candidate("x", "closes")), "closes a goal");
});
