// What is said of a command's outcome.

/** The result of a command that proves holes. */
export interface Proved {
  readonly proved: number;
  readonly open: number;
  readonly applied: boolean;
  readonly problems?: readonly string[];
}

export function isProved(result: unknown): result is Proved {
  return typeof result === "object" && result !== null && "proved" in result && "open" in result;
}

function counted(number: number, word: string): string {
  return `${String(number)} ${word}${number === 1 ? "" : "s"}`;
}

/** A sentence about holes that were proved in a file or a workspace. */
export function provedWords({ proved, open, applied }: Proved): string {
  if (proved === 0 && open === 0) return "There are no holes.";
  if (proved === 0) return `None of ${counted(open, "hole")} could be proved.`;
  if (!applied) return `${counted(proved, "hole")} can be proved, but the edit was not made.`;
  return open === 0 ? `${counted(proved, "hole")} proved; none is left.` : `${counted(proved, "hole")} proved; ${String(open)} left.`;
}

// Codes of the Language Server Protocol.
const CANCELLED = -32800;
const CONTENT_MODIFIED = -32801;
const SERVER_CANCELLED = -32802;

/** What the user has to hear of a request that failed; undefined where that is nothing. */
export function failureWords(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (code === CANCELLED || code === SERVER_CANCELLED) return undefined;
  if (code === CONTENT_MODIFIED) return "The text has changed meanwhile; ask again.";
  return error instanceof Error ? error.message : String(error);
}
