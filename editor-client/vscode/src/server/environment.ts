// The extension's private virtual environments.
//
// Each installation makes a new one, and a file marks it as complete, which holds the key of its source; only then do the
// older ones go.  So one that fails or is cancelled leaves the one before as it was.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Source } from "./bundle.ts";
import { pythonOf, version } from "./finding.ts";
import { lastLines, run, type Run } from "./processes.ts";

const PREFIX = "environment-";
const MARK = "complete";

/** The oldest Python that Unsorry runs on. */
const OLDEST = [3, 11] as const;

const LOOK_SECONDS = 30;
const MAKE_SECONDS = 300;
const INSTALL_SECONDS = 1800;

/** How many lines of what a program wrote last a message has. */
const TOLD_LINES = 4;

export interface Installation {
  /** The folder that environments are made in. */
  readonly storage: string;
  readonly source: Source;
  /** Commands that may be a Python, the likeliest first. */
  readonly pythons: readonly (readonly string[])[];
  readonly windows: boolean;
  readonly signal: AbortSignal;
  /** What is being done, for the user. */
  readonly say: (step: string) => void;
  /** What programs write, for the log. */
  readonly log: (text: string) => void;
}

export type Installed =
  | { readonly kind: "installed"; readonly python: string; readonly version: string }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly why: string };

/** What may be a Python on this system. */
export function pythonCommands(selected: string | undefined, windows: boolean): string[][] {
  const named = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"].map((name) => [name]);
  return [...(selected === undefined ? [] : [[selected]]), ...(windows ? [["py", "-3"]] : []), ...named];
}

/** A private environment. */
export interface Environment {
  readonly python: string;
  /** The key of the source that it was installed from. */
  readonly key: string;
}

/** The newest complete environment; undefined where there is none. */
export async function environment(storage: string, windows: boolean): Promise<Environment | undefined> {
  for (const name of (await environments(storage)).reverse()) {
    const place = path.join(storage, name);
    try {
      return { key: await readFile(path.join(place, MARK), "utf8"), python: pythonOf(place, windows) };
    } catch {
      // It was not completed.
    }
  }
  return undefined;
}

/** The names of all environments, the oldest first. */
async function environments(storage: string): Promise<string[]> {
  try {
    return (await readdir(storage)).filter((name) => name.startsWith(PREFIX)).sort();
  } catch {
    return [];
  }
}

/** Makes a new environment and installs Unsorry in it. */
export async function install(work: Installation): Promise<Installed> {
  const { storage, source, windows, signal, say, log } = work;
  say("looking for Python");
  const python = await usablePython(work);
  if (signal.aborted) return { kind: "cancelled" };
  if (typeof python === "string") return { kind: "failed", why: python };
  await mkdir(storage, { recursive: true });
  const place = path.join(storage, `${PREFIX}${String(Date.now()).padStart(15, "0")}`);
  const inside = pythonOf(place, windows);
  const step = async (what: string, command: readonly string[], timeoutSeconds: number): Promise<Run> => {
    say(what);
    log(`$ ${command.join(" ")}\n`);
    return await run(command, { timeoutSeconds, signal, told: log });
  };
  const give = async (why: string): Promise<Installed> => {
    await rm(place, { recursive: true, force: true });
    return isAborted(signal) ? { kind: "cancelled" } : { kind: "failed", why };
  };
  const made = await step("making a virtual environment", [...python, "-m", "venv", place], MAKE_SECONDS);
  if (made.code !== 0) return await give(`No virtual environment could be made. ${told(made)}`);
  const pip = [inside, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"];
  let installed: Run = { code: null, output: "" };
  for (const way of source.ways) {
    installed = await step(`installing ${source.name}`, [...pip, ...way], INSTALL_SECONDS);
    if (installed.code === 0 || isAborted(signal)) break;
  }
  if (installed.code !== 0) return await give(`pip could not install ${source.name}. ${told(installed)}`);
  const answer = await version([inside, "-m", "unsorry"], signal);
  if (answer.version === undefined) return await give(`What was installed does not start: ${answer.why}.`);
  await writeFile(path.join(place, MARK), source.key);
  for (const name of await environments(storage)) {
    // On Windows a program that still runs keeps its file; the next installation tries again.
    if (name !== path.basename(place)) await rm(path.join(storage, name), { recursive: true, force: true }).catch(() => undefined);
  }
  return { kind: "installed", python: inside, version: answer.version };
}

/** A Python that is new enough and can make environments, or what is wrong with those that are there. */
async function usablePython({ pythons, signal }: Installation): Promise<readonly string[] | string> {
  const wrong: string[] = [];
  const look = "import sys; print('python', *sys.version_info[:3]); import ensurepip, venv; print('complete')";
  for (const command of pythons) {
    const { code, output } = await run([...command, "-c", look], { timeoutSeconds: LOOK_SECONDS, signal });
    if (isAborted(signal)) break;
    const numbers = /^python (\d+) (\d+) (\d+)/m.exec(output)?.slice(1).map(Number);
    if (numbers === undefined) continue;
    const [major = 0, minor = 0] = numbers;
    const name = `${command.join(" ")} (${numbers.join(".")})`;
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) wrong.push(`${name} is too old`);
    else if (code !== 0) wrong.push(`${name} lacks the module venv (on Debian and Ubuntu: apt install python3-venv)`);
    else return command;
  }
  const needed = `Unsorry needs Python ${OLDEST.join(".")} or newer`;
  if (wrong.length === 0) return `${needed}, and no Python was found. Install it from python.org or with your system's packages.`;
  return `${needed}, and found none that will do: ${[...new Set(wrong)].join("; ")}.`;
}

function told({ output, problem }: Run): string {
  return [problem === undefined ? "" : `It failed: ${problem}.`, lastLines(output, TOLD_LINES)].filter((part) => part !== "").join("\n");
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
