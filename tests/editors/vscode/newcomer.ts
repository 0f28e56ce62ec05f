/**
 * The way of somebody who has nothing yet: no Unsorry, no Lean, no settings. From a packed extension to the first proof
 * in a saved file, with a picture of each step and how long it took.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { Editor, type Places } from "./editor.ts";
import { changed } from "./steps.ts";

interface Options extends Places {
  /** Where to write what was seen. */
  told: string;
  /** The packed extension, as the user chooses it. */
  chosen: string;
  /** The file with the hole, and where the hole begins; both count from 1. */
  file: string;
  line: number;
  column: number;
}

/** How long it may take to bring a program over the network, in milliseconds. */
const BRINGING = 900_000;

const file = process.argv[2];
if (file === undefined) throw new Error("how to run: node newcomer.ts OPTIONS.json");
const options = JSON.parse(await readFile(file, "utf8")) as Options;
await mkdir(options.pictures, { recursive: true });
const editor = await Editor.start({ ...options, extensions: [], trusted: false, asFound: true });
const { page } = editor;
const seconds: Record<string, number> = {};
const seen: Record<string, unknown> = {};
const before = await readFile(path.join(options.project, options.file), "utf8");
let begun = performance.now();
const step = async (name: string): Promise<void> => {
  seconds[name] = (performance.now() - begun) / 1000;
  await editor.picture(path.join(options.pictures, `newcomer-${String(Object.keys(seconds).length)}-${name}.png`));
  begun = performance.now();
};
try {
  // One box gives way to the next: first the command, then the file.
  await page.keyboard.press("F1");
  const box = page.locator(".quick-input-widget");
  const typed = async (text: string, row: string): Promise<void> => {
    await box.locator(".quick-input-box input").fill(text);
    await box.locator(".monaco-list-row", { hasText: row }).first().waitFor();
  };
  await typed(">Extensions: Install from VSIX", "Install from VSIX");
  await page.keyboard.press("Enter");
  await box.locator(".quick-input-title", { hasText: "VSIX" }).waitFor();
  // It begins with a folder, which is not there at once and would be put in front of what was typed before.
  await box.locator(".monaco-list-row", { hasText: ".." }).first().waitFor();
  await typed(options.chosen, path.basename(options.chosen));
  await box.getByRole("button", { name: "Install", exact: true }).click();
  await editor.message(/Completed installing/);
  await step("extension");

  await editor.open(options.file, options.line, options.column);
  // Nobody was asked yet whether this folder can be trusted: nothing is started, and the status item says so.
  await editor.status.filter({ hasText: /folder not trusted/ }).waitFor();
  await step("file");

  await editor.status.click();
  await page.locator(".quick-input-widget .monaco-list-row", { hasText: "Trust this folder" }).first().click();
  await page.locator(".workspace-trust-buttons-row").getByText("Trust", { exact: true }).click();
  await editor.closeTab("Workspace Trust");
  const offer = await editor.message(/Unsorry server is not installed/);
  await step("offer");

  await offer.getByRole("button", { name: "Install", exact: true }).click();
  await editor.message(/Unsorry \S+ is installed and running/, BRINGING);
  await step("server");

  await editor.ghost(BRINGING);
  await step("ghost");

  await page.locator(".monaco-editor .view-line", { hasText: "sorry" }).click();
  await editor.go(options.line, options.column);
  seen["ghost"] = await editor.ghost();
  await step("cursor");

  await page.keyboard.press("Tab");
  seen["saved"] = await changed(editor, options.file, before);
  await step("saved");
} catch (error) {
  await editor.picture(path.join(options.pictures, "failed-newcomer.png"));
  throw error;
} finally {
  await editor.close();
}
await writeFile(options.told, JSON.stringify({ ...seen, seconds }));
