// Where the server is: the first of the likely places whose program answers.

import { access } from "node:fs/promises";
import path from "node:path";

import { lastLines, run } from "./processes.ts";

/** How long a program may take to say its version, in seconds: the first start on a cold disk is slow. */
const PROBE_SECONDS = 30;

/** What is known of this window. */
export interface Places {
  /** The setting `unsorry.server.path`; empty where it is not set. */
  readonly setting: string;
  /** The interpreter of the extension's private environment, if there is one. */
  readonly privatePython: string | undefined;
  /** The workspace's folders. */
  readonly folders: readonly string[];
  /** The Python that the user has selected, if it is known. */
  readonly selectedPython: string | undefined;
  readonly home: string;
  readonly windows: boolean;
}

/** A way to start `unsorry`, and where it was found, as the user reads it. */
export interface Candidate {
  readonly command: readonly string[];
  readonly where: string;
}

/** A candidate that answers, or why there is none. */
export type Found =
  | { readonly kind: "found"; readonly candidate: Candidate; readonly version: string }
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "none" };

/** The interpreter of a virtual environment. */
export function pythonOf(environment: string, windows: boolean): string {
  return windows ? path.win32.join(environment, "Scripts", "python.exe") : path.posix.join(environment, "bin", "python");
}

/** The candidates, the likeliest first. */
export function candidates(places: Places): Candidate[] {
  const { setting, privatePython, folders, selectedPython, windows } = places;
  if (setting !== "") return [{ command: configured(setting, places), where: "the setting unsorry.server.path" }];
  const found: Candidate[] = [];
  const module = (python: string, where: string): void => {
    found.push({ command: [python, "-m", "unsorry"], where });
  };
  if (privatePython !== undefined) module(privatePython, "the extension's private environment");
  for (const folder of folders) module(pythonOf(path.join(folder, ".venv"), windows), `the environment of ${folder}`);
  if (selectedPython !== undefined) module(selectedPython, "the selected Python");
  found.push({ command: ["unsorry"], where: "the PATH" });
  module(windows ? "python" : "python3", "the Python on the PATH");
  return found;
}

/** The setting as a command: a program, or a Python that has the package.  `~` is the user's home. */
function configured(setting: string, { home, folders }: Places): string[] {
  const place = setting
    .replace(/^~(?=$|[/\\])/, () => home)
    .replaceAll("${userHome}", () => home)
    .replaceAll("${workspaceFolder}", () => folders[0] ?? "");
  return /^(python|pypy)[\d.]*(\.exe)?$/i.test(path.basename(place)) ? [place, "-m", "unsorry"] : [place];
}

/** The first candidate that answers.  Where the user has named one, no other is taken. */
export async function find(places: Places, signal?: AbortSignal): Promise<Found> {
  for (const candidate of candidates(places)) {
    const answer = await version(candidate.command, signal);
    if (answer.version !== undefined) return { kind: "found", candidate, version: answer.version };
    if (places.setting !== "") {
      const why = `unsorry.server.path is ${places.setting}, which does not start Unsorry: ${answer.why}.`;
      return { kind: "broken", why };
    }
  }
  return { kind: "none" };
}

/** The version that a command says to be, or why it says none. */
export async function version(
  command: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly version?: string; readonly why: string }> {
  const [program = ""] = command;
  if (path.isAbsolute(program) && !(await isThere(program))) return { why: "there is no such file" };
  const options = { timeoutSeconds: PROBE_SECONDS, ...(signal === undefined ? {} : { signal }) };
  const { code, output, problem } = await run([...command, "--version"], options);
  const found = code === 0 ? /^unsorry (\S+)/m.exec(output)?.[1] : undefined;
  if (found !== undefined) return { version: found, why: "" };
  return { why: problem ?? (lastLines(output, 1) || `its exit code is ${String(code)}`) };
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
