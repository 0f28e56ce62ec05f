// What of ghost text is shown how.

/** The longest preview, in characters: the rest is on hovering. */
const LONGEST = 120;

/** Does the editor show a text by itself in the place of another?  It does where one goes on from the other. */
export function goesOn(replaced: string, text: string): boolean {
  return text.startsWith(replaced);
}

/** Is this word a hole, in Lean or in Isabelle?  The server says what it really is. */
export function isHoleWord(word: string): boolean {
  return /^(sorry|admit)$/.test(word);
}

/** A proof on one line. */
export function preview(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const joined = lines.filter((line) => line !== "").join(" ⏎ ");
  return joined.length <= LONGEST ? joined : `${joined.slice(0, LONGEST - 1)}…`;
}
