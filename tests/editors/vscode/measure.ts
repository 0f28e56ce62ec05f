/** How long it takes from choosing a file to the first grey text, in one new editor. */

import { readFile, writeFile } from "node:fs/promises";

import { Editor, type Places } from "./editor.ts";

/** How long the first one may take, in milliseconds. */
const COLD = 180_000;

const file = process.argv[2];
if (file === undefined) throw new Error("how to run: node measure.ts OPTIONS.json");
const options = JSON.parse(await readFile(file, "utf8")) as Places & { told: string };
const editor = await Editor.start(options);
const seconds: Record<string, number> = {};
try {
  const measure = async (what: string, name: string, line: number): Promise<void> => {
    const chosen = await editor.open(name, line, 3);
    await editor.ghost(COLD);
    seconds[what] = (performance.now() - chosen) / 1000;
  };
  // No server runs before the first file is opened.
  await measure("cold", "Trees.lean", 52);
  await measure("another file", "Lists.lean", 39);
  await editor.closeTab("Lists.lean");
  await editor.closeTab("Trees.lean");
  await measure("the same file again", "Trees.lean", 52);
} finally {
  await editor.close();
}
await writeFile(options.told, JSON.stringify({ seconds }));
