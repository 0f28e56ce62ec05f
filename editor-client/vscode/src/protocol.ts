// What the server tells beyond the Language Server Protocol.  The README's section "Commands" of the project describes it.

export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Place;
  readonly end: Place;
}

/** The notification `unsorry/status`, as far as it is shown. */
export interface Status {
  readonly projects: readonly ProjectStatus[];
  readonly texts: readonly TextStatus[];
  readonly troubles: readonly string[];
}

export interface ProjectStatus {
  readonly root: string | null;
  readonly prover: { readonly name: string; readonly version: string; readonly origin: string };
  /** The name of the model that is asked, if one is. */
  readonly model: string | null;
  readonly trouble: string | null;
  readonly working: boolean;
}

export interface TextStatus {
  readonly uri: string;
  readonly phase: string;
  readonly failure: string | null;
  readonly counts: {
    readonly total: number;
    /** A proof is ready. */
    readonly proved: number;
    /** Searched in vain. */
    readonly open: number;
    /** Not searched to the end. */
    readonly left: number;
  };
}

export type Outcome = "proves" | "closes" | "progress" | "rejected" | "timedOut" | "refused" | "fault";

export interface Candidate {
  readonly text: string;
  /** Who proposed it. */
  readonly origin: string;
  readonly score: number | null;
  readonly outcome: Outcome;
  /** What the prover or the trust gate says. */
  readonly message: string | null;
  /** How many goals it leaves. */
  readonly goals: number | null;
  /** The steps from the hole to where it was tried. */
  readonly steps: readonly string[];
  readonly seconds: number;
}

export interface Proof {
  readonly number: number;
  readonly text: string;
  readonly title: string;
  readonly origin: string;
  readonly axioms: readonly string[];
}

export type NodeState = "open" | "proved" | "exhausted";

export interface GraphNode {
  readonly id: number;
  readonly goals: readonly string[];
  readonly state: NodeState;
  readonly depth: number;
}

export interface GraphStep {
  readonly from: number;
  /** All of these have to be proved. */
  readonly to: readonly number[];
  readonly text: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly steps: readonly GraphStep[];
  readonly left_out: number;
}

export type Stage = "waiting" | "searching" | "proved" | "open" | "error" | "gone";

/** The notification `unsorry/search`: the state of the watched hole, and the candidates since the one before. */
export interface SearchNotice {
  readonly uri?: string;
  readonly version?: number;
  readonly range?: Range;
  readonly declaration?: string | null;
  readonly goals?: readonly string[];
  readonly stage: Stage;
  /** Changes when the search begins anew: what came before is forgotten. */
  readonly generation: number;
  /** The index of the first of the candidates among all of this generation. */
  readonly first: number;
  readonly candidates: readonly Candidate[];
  readonly tried?: number;
  readonly proofs?: readonly Proof[];
  readonly message?: string | null;
  /** Absent where it has not changed. */
  readonly graph?: Graph | null;
}

/** What `unsorry.watch` answers. */
export interface Watching {
  readonly watching: boolean;
  readonly uri: string;
  readonly position: Place;
  readonly goals?: readonly string[];
}
