/** What a user does, step by step, and what was seen: each step's facts are told by its name. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { Editor, eventually, type Places } from "./editor.ts";

export interface Options extends Places {
  /** Where to write what was seen. */
  told: string;
  /** Where the server writes its logs. */
  logs: string;
  /** Only these steps, or null for all. */
  only: string[] | null;
}

export type Facts = Record<string, unknown>;
export type Steps = Record<string, (editor: Editor, options: Options) => Promise<Facts>>;

/** How long a search may take on a busy machine. In milliseconds. */
export const SEARCH = 180_000;

/** Waits until the text of the active editor is another one, and gives it as it was saved. */
export async function changed(editor: Editor, name: string, before: string): Promise<string> {
  return eventually(async () => {
    const text = await editor.save(name);
    return text === before ? null : text;
  }, `${name} has changed`);
}

/** The process ids of the servers that have written a log. */
export async function servers(options: Options): Promise<number[]> {
  // There is no such folder before the first one.
  const names = await readdir(options.logs).catch(() => []);
  return names.flatMap((name) => {
    const found = /^server-(\d+)\.log$/.exec(name);
    return found === null ? [] : [Number(found[1])];
  });
}

export function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

/** Takes the steps one after another in one editor, as the options file that this process was given says. */
export async function take(steps: Steps): Promise<void> {
  const [, script = "", file] = process.argv;
  if (file === undefined) throw new Error(`how to run: node ${path.basename(script)} OPTIONS.json`);
  const options = JSON.parse(await readFile(file, "utf8")) as Options;
  await mkdir(options.pictures, { recursive: true });
  const told: Record<string, Facts> = {};
  const editor = await Editor.start(options);
  try {
    for (const [name, step] of Object.entries(steps)) {
      if (options.only !== null && !options.only.includes(name)) continue;
      const begin = performance.now();
      try {
        told[name] = await step(editor, options);
      } catch (error) {
        told[name] = { failed: String(error) };
        await editor.picture(path.join(options.pictures, `failed-${name}.png`));
        await editor.reset();
      }
      told[name] = { ...told[name], seconds: (performance.now() - begin) / 1000 };
    }
  } finally {
    await editor.close();
    await writeFile(options.told, JSON.stringify(told));
  }
}
