/** A window that is not so simple: folders that are not trusted at first, two of them, and an extension for Lean 4 beside ours. */

import { readFile } from "node:fs/promises";
import path from "node:path";

import { eventually } from "./editor.ts";
import { changed, isRunning, type Options, SEARCH, servers, type Steps, take } from "./steps.ts";

/** The files in both folders; the last one is not opened before it is worked on. */
const FIRST = "one/First.lean";
const SECOND = "two/Second.lean";
const THIRD = "one/Third.lean";

const STEPS: Steps = {
  async trust(editor, options) {
    // Without a file of ours the extension is not even loaded.
    const items = await editor.status.count();
    await editor.open(FIRST, 2, 3);
    await editor.status.locator(".codicon-shield").waitFor();
    await editor.run("Unsorry: Prove the Goal at the Cursor");
    const said = await editor.message("before you trust this folder");
    const words = await said.innerText();
    const started = await servers(options);
    const text = await editor.save(FIRST);
    await said.getByText("Manage Trust").click();
    await editor.page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust/ }).first().click();
    await editor.page.locator(".workspace-trust-header.workspace-trust-trusted").waitFor();
    await editor.page.keyboard.press("Control+W");
    await editor.open(FIRST, 2, 3);
    const ghost = await editor.ghost(SEARCH);
    return { items, words, started, text, ghost };
  },

  async beside(editor, options) {
    await editor.open(FIRST, 2, 3);
    await editor.ghost(SEARCH);
    // Each has its item, and a file of theirs is a file of ours.
    await editor.page.locator('.statusbar-item[id="leanprover.lean4.lean4.status"]').waitFor();
    const language = await editor.page.locator('.statusbar-item[id="status.editor.mode"]').innerText();
    const before = await text(options, FIRST);
    // While Tab is theirs it does what they want, and what is shown in grey stays where it is.
    await editor.run("Lean 4: Begin an Abbreviation");
    await editor.ghost(SEARCH);
    await editor.page.keyboard.press("Tab");
    const converted = await changed(editor, FIRST, before);
    await editor.go(2, 3);
    await editor.ghost(SEARCH);
    await editor.page.keyboard.press("Tab");
    const after = await changed(editor, FIRST, converted);
    // How a line becomes a comment is theirs to say.
    await editor.go(1, 1);
    await editor.page.keyboard.press("Control+/");
    const commented = await changed(editor, FIRST, after);
    await editor.page.keyboard.press("Control+/");
    await changed(editor, FIRST, commented);
    return { language, before, converted, after, commented };
  },

  async folders(editor, options) {
    await editor.open(SECOND, 2, 3);
    // This folder's own settings want none.
    const ghost = await editor.ghost(SEARCH);
    const lenses = await editor.page.locator(".codelens-decoration").count();
    await editor.run("Unsorry: Prove All Holes of the Workspace");
    const said = await (await editor.message(/proved;/, SEARCH)).innerText();
    const texts = [await editor.save(SECOND)];
    await editor.open(THIRD);
    texts.push(await editor.save(THIRD));
    return { ghost, lenses, said, texts, servers: await servers(options) };
  },

  async restart(editor, options) {
    const before = await servers(options);
    await editor.run("Unsorry: Restart the Server");
    const started = await eventually(async () => {
      const found = (await servers(options)).filter((id) => !before.includes(id));
      return found.length > 0 && !before.some(isRunning) ? found : null;
    }, "a new server has started, and the one before has ended");
    await editor.status.locator(".codicon-check").waitFor();
    const complaints = await editor.page.locator(".notifications-toasts", { hasText: "ended by itself" }).count();
    return { started, complaints };
  },
};

async function text(options: Options, name: string): Promise<string> {
  return readFile(path.join(options.project, name), "utf8");
}

await take(STEPS);
