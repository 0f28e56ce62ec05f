/**
 * What a user does with the extension, step by step, and what was seen.
 *
 * Each step works on files of its own, so that one that fails does not keep the next ones from being done.
 */

import { readFile } from "node:fs/promises";
import path from "node:path";

import type { Locator } from "playwright-core";

import { ASK_AGAIN, eventually } from "./editor.ts";
import { changed, isRunning, SEARCH, servers, type Steps, take } from "./steps.ts";

/** How long what is filmed stays as it is, for whoever looks at it. In milliseconds. */
const GLANCE = 1_200;

const STEPS: Steps = {
  async hints(editor, options) {
    await editor.open("Lists.lean", 39, 3);
    const lenses = await eventually(
      async () => {
        const found = await editor.lenses(/✓/);
        return found.some((text) => /waiting|searching/.test(text)) ? null : found;
      },
      "all holes that are seen have been searched",
      SEARCH,
    );
    const hints = await editor.page.locator(".squiggly-hint").count();
    await editor.picture(path.join(options.pictures, "hints.png"));
    await editor.status.hover();
    await editor.page.locator(".monaco-hover", { hasText: "Click for all commands" }).waitFor();
    await editor.picture(path.join(options.pictures, "status.png"));
    await editor.status.click();
    const rows = editor.page.locator(".quick-input-list .monaco-list-row");
    await rows.filter({ hasText: "Prove the goal at the cursor" }).waitFor();
    const menu = await rows.allInnerTexts();
    await editor.reset();
    await editor.page.mouse.move(0, 0);
    return { lenses, hints, menu };
  },

  async ghost(editor, options) {
    const before = await readFile(path.join(options.project, "Lists.lean"), "utf8");
    await editor.open("Lists.lean", 39, 3);
    const ghost = await editor.ghost(SEARCH);
    const [lens] = await editor.lenses(/✓/);
    await editor.picture(path.join(options.pictures, "ghost-text.png"));
    await editor.page.keyboard.press("Tab");
    const after = await changed(editor, "Lists.lean", before);
    // The cursor stands behind the text that came.
    await editor.place(39, 3 + ghost.length);
    return { ghost, lens, before, after };
  },

  async unfinished(editor, options) {
    const before = await readFile(path.join(options.project, "Unfinished.lean"), "utf8");
    await editor.open("Unfinished.lean", 1, before.indexOf("\n") + 1);
    const { keyboard } = editor.page;
    const shown = await eventually(
      async () => {
        // A keystroke does not wait for a search.
        await keyboard.type(" ");
        try {
          await editor.inline.first().waitFor({ timeout: ASK_AGAIN });
          return (await editor.inline.allInnerTexts()).join("");
        } catch {
          await keyboard.press("Backspace");
          return null;
        }
      },
      "grey text at the end of an unfinished proof",
      SEARCH,
    );
    await keyboard.press("Tab");
    await editor.inline.first().waitFor({ state: "detached" });
    return { shown, before, after: await editor.save("Unfinished.lean") };
  },

  async fix(editor, options) {
    const before = await readFile(path.join(options.project, "Trees.lean"), "utf8");
    await editor.open("Trees.lean", 52, 3);
    // What is offered is what was found for this hole: another one may be ready before.
    await editor.ghost(SEARCH);
    const offered = await editor.fixes();
    const titles = await offered.allInnerTexts();
    await editor.picture(path.join(options.pictures, "quick-fix.png"));
    await editor.page.keyboard.press("Enter");
    return { titles, before, after: await changed(editor, "Trees.lean", before) };
  },

  async film(editor, options) {
    await editor.open("Trees.lean", 49, 1);
    const at = (line: number): Promise<void> => editor.page.locator(".codelens-decoration", { hasText: /✓/ }).nth(line).waitFor({ timeout: SEARCH });
    await at(2);
    const glance = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, GLANCE));
    const { keyboard } = editor.page;
    await editor.film(path.join(options.pictures, "film"), async () => {
      await glance();
      for (let line = 49; line < 55; line++) await keyboard.press("ArrowDown");
      // From the end of a line Home leads to its first word.
      await keyboard.press("End");
      await keyboard.press("Home");
      await editor.ghost();
      await glance();
      await keyboard.press("Tab");
      await glance();
      for (let line = 55; line < 58; line++) await keyboard.press("ArrowDown");
      await keyboard.press("End");
      await keyboard.press("Home");
      // A fix is offered once the proof has been found to hold in the text that is there now.
      await editor.ghost();
      await editor.fixes();
      await glance();
      await keyboard.press("Enter");
      await glance();
    });
    return { after: await editor.save("Trees.lean") };
  },

  async save(editor, options) {
    const file = path.join(options.project, "Save.lean");
    const before = await readFile(file, "utf8");
    await editor.open("Save.lean", 2, 3);
    await editor.ghost(SEARCH);
    await editor.setting("unsorry.server.proveOnSave", true);
    await editor.go(1, 1);
    await editor.page.keyboard.type("-- saved\n");
    const after = await eventually(async () => {
      const text = await editor.save("Save.lean");
      // A save may wait for a moment only; what was not found in time is filled in by the next one.
      return text.split("sorry").length === 2 ? text : null;
    }, "the holes that can be proved are filled when the file is saved", SEARCH);
    await editor.setting("unsorry.server.proveOnSave", undefined);
    return { before, after };
  },

  async settings(editor) {
    await editor.open("Settings.lean", 2, 3);
    const shown = await editor.lenses(/✓/);
    await editor.setting("unsorry.server.codeLens", false);
    await editor.page.locator(".codelens-decoration").first().waitFor({ state: "detached" });
    await editor.setting("unsorry.server.codeLens", undefined);
    return { shown, again: await editor.lenses(/✓/) };
  },

  async panel(editor, options) {
    const before = await readFile(path.join(options.project, "Panel.lean"), "utf8");
    await editor.open("Panel.lean", 2, 3);
    await editor.run("Unsorry: Show Goal and Search");
    const panel = editor.panel();
    const goals = await panel.locator("#goals pre").first().innerText();
    const proof = panel.locator("#proofs button").first();
    await proof.waitFor({ timeout: SEARCH });
    const shown = await proof.locator("pre").innerText();
    const rows = await panel.locator("#candidates [role=option]").evaluateAll((found) =>
      found.map((row) => row.getAttribute("aria-label") ?? ""),
    );
    await proof.click();
    const after = await changed(editor, "Panel.lean", before);
    return { goals, shown, rows, before, after };
  },

  async keyboard(editor, options) {
    const before = await readFile(path.join(options.project, "Keyboard.lean"), "utf8");
    await editor.open("Keyboard.lean", 2, 3);
    await editor.ghost(SEARCH);
    await editor.page.keyboard.press("Control+Alt+U");
    await editor.page.keyboard.press("g");
    const panel = editor.panel();
    // Before that Tab would be the text's, and take the proof there.
    await eventually(async () => ((await panel.locator("body").evaluate(() => document.hasFocus())) ? true : null), "the panel has the focus");
    await panel.locator("#candidates [role=option]").first().waitFor();
    const here = async (): Promise<string> =>
      panel.locator("body").evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    // From the panel's beginning to its list of candidates, and there to the one that is a proof.
    const passed: string[] = [];
    for (let times = 0; times < 40 && !passed.at(-1)?.includes("proposed by"); times++) {
      await editor.page.keyboard.press("Tab");
      passed.push(await here());
    }
    for (let times = 0; times < 40 && !passed.at(-1)?.includes("Enter inserts it"); times++) {
      await editor.page.keyboard.press("ArrowDown");
      passed.push(await here());
    }
    await editor.page.keyboard.press("Enter");
    return { passed, before, after: await changed(editor, "Keyboard.lean", before) };
  },

  async deeper(editor, options) {
    await editor.open("Deeper.lean", 9, 3);
    await editor.run("Unsorry: Show Goal and Search");
    const panel = editor.panel();
    await editor.lens(/search deeper/, SEARCH);
    const said = await editor.message("Searching deeper");
    // The search is seen as it goes: more candidates each time, and goals that they have led to.
    const counts: number[] = [];
    await eventually(
      async () => {
        const count = await panel.locator("#candidates [role=option]").count();
        if (count > (counts.at(-1) ?? 0)) counts.push(count);
        return counts.length > 3 && (await panel.locator("#picture [role=treeitem]").count()) > 3 ? true : null;
      },
      "candidates and goals come one after another",
      SEARCH,
    );
    const busy = await editor.status.innerHTML();
    await editor.picture(path.join(options.pictures, "progress.png"));
    await editor.page.keyboard.press("Escape");
    await said.waitFor({ state: "hidden" });
    await editor.panelHeight(380);
    // What is proved comes into sight with the focus.
    await panel.locator("#picture .node.proved").first().focus({ timeout: SEARCH });
    await editor.picture(path.join(options.pictures, "panel.png"));
    await editor.setting("workbench.colorTheme", "Light Modern");
    await panel.locator("body.vscode-light").waitFor();
    await editor.picture(path.join(options.pictures, "panel-light.png"));
    await editor.setting("workbench.colorTheme", "Default High Contrast");
    await panel.locator("body.vscode-high-contrast").waitFor();
    await editor.picture(path.join(options.pictures, "panel-contrast.png"));
    // Where backgrounds tell nothing apart, each thing has an edge that is seen.
    const edges = await panel.locator("#tools button, .goal, .filter input, .filter select").evaluateAll((parts) =>
      parts.map((part): string[] => {
        const [edge, ground] = [getComputedStyle(part).borderTopColor, getComputedStyle(document.body).backgroundColor];
        return [part.id === "" ? (part.classList[0] ?? "") : part.id, edge, ground];
      }),
    );
    await editor.setting("workbench.colorTheme", "Dark Modern");
    await panel.locator("body.vscode-dark").waitFor();
    await editor.run("Notifications: Show Notifications");
    await editor.page.locator(".notifications-center").getByText("Cancel").click();
    // The budget of this search is much longer than this wait: it is the server that has stopped.
    await editor.status.locator(".codicon-check").waitFor();
    await editor.reset();
    const after = await editor.save("Deeper.lean");
    return { counts, busy, edges, after };
  },

  async killed(editor, options) {
    await editor.open("Killed.lean", 2, 3);
    await editor.ghost(SEARCH);
    const before = await servers(options);
    const running = before.filter(isRunning);
    for (const id of running) process.kill(id, "SIGKILL");
    const said = await (await editor.message("The Unsorry server ended by itself")).innerText();
    const started = await eventually(async () => {
      const found = (await servers(options)).filter((id) => !before.includes(id));
      return found.length > 0 ? found : null;
    }, "a new server has started");
    // The new server knows nothing of the old one's proofs.
    const ghost = await editor.ghost(SEARCH);
    await editor.picture(path.join(options.pictures, "started-again.png"));
    return { running, said, started, ghost };
  },

  async firstSteps(editor, options) {
    // There is to be room for both side by side.
    if (await editor.page.locator(".part.panel").isVisible()) await editor.page.keyboard.press("Control+J");
    await editor.page.keyboard.press("Control+B");
    await editor.run("Unsorry: First Steps");
    const button = async (step: string, label: string): Promise<void> => {
      const found = editor.page.locator(`.getting-started-step[data-step-id$="#${step}"]`);
      await found.click();
      await found.locator(".monaco-button", { hasText: label }).click();
    };
    await button("example", "Open the Example");
    const line = (text: string): Locator => editor.page.locator(".view-line", { hasText: text });
    await line("theorem swap").waitFor();
    const holes = async (): Promise<number> => line("sorry").filter({ hasNotText: "Each" }).count();
    const before = await holes();
    // The button is in the page, which is the active editor then, and the text is beside it.
    await button("prove", "Prove the Goal at the Cursor");
    const after = await eventually(async () => ((await holes()) === before ? null : await holes()), "a hole of the example is filled", SEARCH);
    await editor.picture(path.join(options.pictures, "first-steps.png"));
    return { before, after };
  },
};

await take(STEPS);
