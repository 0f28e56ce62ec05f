// What the panel shows, and how it changes.  The extension and the page keep the same state by the same function.

import type { Candidate, Graph, Outcome, Proof, Range, SearchNotice, Stage } from "../protocol.ts";

/** One hole's search as far as it was told. */
export interface Search {
  readonly kind: "search";
  readonly uri: string;
  readonly version: number;
  readonly range: Range;
  readonly declaration: string | null;
  readonly goals: readonly string[];
  readonly stage: Stage;
  readonly generation: number;
  readonly candidates: readonly Candidate[];
  readonly tried: number;
  readonly proofs: readonly Proof[];
  readonly message: string | null;
  readonly graph: Graph | null;
}

/** There is no hole, but there may be goals. */
export interface Goals {
  readonly kind: "goals";
  readonly goals: readonly string[];
}

/** There is nothing to show, for this reason. */
export interface Nothing {
  readonly kind: "nothing";
  readonly why: string;
}

export type View = Search | Goals | Nothing;

export type Event =
  | { readonly kind: "notice"; readonly notice: SearchNotice }
  | { readonly kind: "show"; readonly view: Goals | Nothing };

export const EMPTY: Nothing = { kind: "nothing", why: "Put the cursor at a sorry, or into an unfinished proof." };

const NOWHERE: Range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** The view after an event. */
export function next(view: View, event: Event): View {
  return event.kind === "show" ? event.view : told(view, event.notice);
}

function told(view: View, notice: SearchNotice): View {
  const before = view.kind === "search" && view.generation === notice.generation ? view : undefined;
  // The hole's own data stay where a notice leaves them out.
  const known = view.kind === "search" ? view : undefined;
  // What is told twice counts once.
  const candidates = [...(before?.candidates.slice(0, notice.first) ?? []), ...notice.candidates];
  return {
    kind: "search",
    uri: notice.uri ?? known?.uri ?? "",
    version: notice.version ?? known?.version ?? 0,
    range: notice.range ?? known?.range ?? NOWHERE,
    declaration: notice.declaration === undefined ? (known?.declaration ?? null) : notice.declaration,
    goals: notice.goals ?? known?.goals ?? [],
    stage: notice.stage,
    generation: notice.generation,
    candidates,
    tried: notice.tried ?? candidates.length,
    proofs: notice.proofs ?? (notice.stage === "proved" ? (known?.proofs ?? []) : []),
    message: notice.message ?? null,
    graph: notice.graph === undefined ? (before?.graph ?? null) : notice.graph,
  };
}

/** Which candidates are shown. */
export type Show = "all" | "proofs" | "progress" | "failed";

/** In which order. */
export type Order = "tried" | "outcome" | "score" | "time";

export interface Wish {
  readonly show: Show;
  readonly order: Order;
  /** What a candidate or its source has to contain; upper and lower case are the same. */
  readonly words: string;
}

/** A candidate with its index among all. */
export interface Row {
  readonly index: number;
  readonly candidate: Candidate;
}

const RANK: Readonly<Record<Outcome, number>> = {
  proves: 0,
  closes: 1,
  progress: 2,
  refused: 3,
  rejected: 4,
  timedOut: 5,
  fault: 6,
};

function isShown(outcome: Outcome, show: Show): boolean {
  switch (show) {
    case "all":
      return true;
    case "proofs":
      return outcome === "proves" || outcome === "closes";
    case "progress":
      return RANK[outcome] <= RANK.progress;
    case "failed":
      return RANK[outcome] > RANK.progress;
  }
}

/** The rows that are wanted, in the order that is wanted; equal ones as they were tried. */
export function rows(candidates: readonly Candidate[], wish: Wish): Row[] {
  const words = wish.words.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = candidates
    .map((candidate, index) => ({ index, candidate }))
    .filter(({ candidate }) => {
      const text = `${candidate.text} ${candidate.origin}`.toLowerCase();
      return isShown(candidate.outcome, wish.show) && words.every((word) => text.includes(word));
    });
  const key = ({ candidate }: Row): number => {
    switch (wish.order) {
      case "tried":
        return 0;
      case "outcome":
        return RANK[candidate.outcome];
      case "score":
        return -(candidate.score ?? -Infinity);
      case "time":
        return -candidate.seconds;
    }
  };
  return found.sort((one, other) => compare(key(one), key(other)) || one.index - other.index);
}

function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** The proof that a candidate is, where it is one that can be inserted. */
export function proofOf(search: Search, candidate: Candidate): Proof | undefined {
  if (candidate.outcome !== "proves") return undefined;
  return search.proofs.find((proof) => proof.text === candidate.text);
}

/** What became of a candidate, in words. */
export function outcomeWords(candidate: Candidate): string {
  const { goals } = candidate;
  switch (candidate.outcome) {
    case "proves":
      return "proves it";
    case "closes":
      return candidate.message === null ? "closes a goal" : "closes it, refused";
    case "progress":
      return goals === null ? "progress" : `progress, ${String(goals)} goal${goals === 1 ? "" : "s"} left`;
    case "rejected":
      return "fails";
    case "timedOut":
      return "out of time";
    case "refused":
      return "not allowed";
    case "fault":
      return "prover ended";
  }
}

const STAGE: Readonly<Record<Stage, string>> = {
  waiting: "Waiting for its turn",
  searching: "Searching",
  proved: "Proved",
  open: "No proof found",
  error: "Can't be searched",
  gone: "This hole is not there any more",
};

/** How the search is going, in a few words that do not change with every candidate. */
export function stageWords({ stage }: Search): string {
  return STAGE[stage];
}

/** How many candidates were tried so far, where there is a search to count in. */
export function triedWords({ stage, tried }: Search): string {
  return ["searching", "proved", "open"].includes(stage) ? `${String(tried)} candidate${tried === 1 ? "" : "s"} tried` : "";
}
