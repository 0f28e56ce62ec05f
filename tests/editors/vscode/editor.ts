/** code-server and Chromium in folders of their own, and what a user does and sees there. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { type BrowserContext, chromium, type FrameLocator, type Locator, type Page } from "playwright-core";

/** How long anything may take that is not a search, on a busy machine. In milliseconds. */
export const PATIENCE = 60_000;

/** How long to wait for what the server may not have yet before asking once more. In milliseconds. */
export const ASK_AGAIN = 5_000;

/** How often the editor's page may be loaded again before it shows the project's files. */
const RELOADS = 5;

/** How long a process may take to end when it is asked to. In milliseconds. */
const GRACE = 5_000;

const CHROMIUM = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Nothing of the editor's own that pops up, moves or asks, and nothing that looks different from run to run. */
const SETTINGS = {
  "chat.disableAIFeatures": true,
  // Text that is typed is all that comes.
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.fontFamily": "'DejaVu Sans Mono'",
  "editor.minimap.enabled": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  // Who does not trust a folder has said so.
  "security.workspace.trust.startupPrompt": "never",
  "telemetry.telemetryLevel": "off",
  "workbench.colorTheme": "Dark Modern",
  "workbench.editor.useModal": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

/** What is needed to start an editor. */
export interface Places {
  /** The program that code-server starts with, a script for Node. */
  codeServer: string;
  /** Chromium. */
  browser: string;
  /** The packaged extensions to install. */
  extensions: string[];
  /** Where pictures go. */
  pictures: string;
  /** An empty folder that everything goes to. */
  folder: string;
  /** The folder to open, or the one around all folders of a workspace. */
  project: string;
  /** A workspace of several folders to open instead, as a file, or null. */
  workspace: string | null;
  /** Does the user trust what is opened? */
  trusted: boolean;
  /** Settings of the user beside the ones that keep the editor quiet. */
  settings: Record<string, unknown>;
  /** Environment variables beside those of this process. */
  environment: Record<string, string>;
  /** Is everything as somebody finds it who starts the editor for the first time? No settings are made then. */
  asFound?: boolean;
}

/** One window of an editor. */
export class Editor {
  readonly page: Page;
  private readonly places: Places;
  private readonly context: BrowserContext;
  private readonly server: ChildProcess;

  private constructor(page: Page, places: Places, context: BrowserContext, server: ChildProcess) {
    this.page = page;
    this.places = places;
    this.context = context;
    this.server = server;
  }

  /** Starts both programs and opens the project. The extension is installed first. */
  static async start(places: Places): Promise<Editor> {
    const user = path.join(places.folder, "data", "User");
    await mkdir(user, { recursive: true });
    await mkdir(path.join(places.folder, "home"), { recursive: true });
    if (!(places.asFound ?? false)) {
      await writeFile(path.join(user, "settings.json"), JSON.stringify({ ...SETTINGS, ...places.settings }, null, 2));
    }
    if (places.extensions.length > 0) {
      await ended(codeServer(places, places.extensions.flatMap((file) => ["--install-extension", file])));
    }
    const server = codeServer(places, [
      ...["--auth", "none", "--bind-addr", "127.0.0.1:0"],
      ...["--disable-telemetry", "--disable-update-check", ...(places.trusted ? ["--disable-workspace-trust"] : [])],
    ]);
    let context: BrowserContext | undefined;
    try {
      const address = await listening(server);
      context = await chromium.launchPersistentContext(path.join(places.folder, "browser"), {
        executablePath: places.browser,
        headless: true,
        args: CHROMIUM,
        viewport: { width: 1120, height: 700 },
        timeout: PATIENCE,
      });
      context.setDefaultTimeout(PATIENCE);
      const page = context.pages()[0] ?? (await context.newPage());
      const editor = new Editor(page, places, context, server);
      const opened = places.workspace === null ? `folder=${encodeURIComponent(places.project)}` : `workspace=${encodeURIComponent(places.workspace)}`;
      const file = page.locator(".explorer-folders-view .monaco-list-row").first();
      // Sometimes the editor finds no folder in a workspace, when its page was there before the files were.
      for (let reloads = 0; ; reloads++) {
        await page.goto(`${address}/?${opened}`);
        const timeout = reloads < RELOADS ? PATIENCE / 4 : PATIENCE;
        if (await file.waitFor({ timeout }).then(() => true, () => false)) return editor;
        if (reloads === RELOADS) throw new Error("the editor shows no file of the project");
      }
    } catch (error) {
      await context?.pages()[0]?.screenshot({ path: path.join(places.pictures, "failed-start.png") });
      await context?.close();
      await stopped(server);
      throw error;
    }
  }

  /** Ends both programs. */
  async close(): Promise<void> {
    await this.context.close();
    await stopped(this.server);
  }

  /** Opens a file of the project, with the cursor at a place that counts from 1. Gives the time at which it was chosen. */
  async open(name: string, line = 1, column = 1): Promise<number> {
    const chosen = await this.pick("Control+P", `${name}:${String(line)}:${String(column)}`, path.basename(name));
    await this.page.locator(`.tab.active[data-resource-name="${path.basename(name)}"]`).waitFor();
    await this.place(line, column);
    return chosen;
  }

  /** Closes the active tab. */
  async closeTab(name: string): Promise<void> {
    await this.page.keyboard.press("Control+W");
    await this.page.locator(`.tab[data-resource-name="${path.basename(name)}"]`).waitFor({ state: "detached" });
  }

  /** Puts the cursor somewhere else in the active editor. */
  async go(line: number, column: number): Promise<void> {
    await this.pick("Control+G", `:${String(line)}:${String(column)}`);
    await this.place(line, column);
  }

  /** Waits until the cursor is at a place. */
  async place(line: number, column: number): Promise<void> {
    await this.page.locator(".statusbar-item", { hasText: `Ln ${String(line)}, Col ${String(column)}` }).waitFor();
  }

  /** Runs a command by the title that the palette shows. */
  async run(title: string): Promise<void> {
    await this.pick("F1", title, title, ">");
  }

  /** Saves the active editor, and gives what is in the file then. */
  async save(name: string): Promise<string> {
    await this.page.keyboard.press("Control+S");
    await this.page.locator(`.tab.active[data-resource-name="${path.basename(name)}"]:not(.dirty)`).waitFor();
    // The editor empties the file and then writes it, also when there is nothing to save; none of ours is empty.
    return eventually(async () => {
      const text = await readFile(path.join(this.places.project, name), "utf8");
      return text === "" ? null : text;
    }, `${name} has a text`);
  }

  /** The texts above holes that say how far the searches for them are, when there are some that fit. */
  async lenses(wanted: RegExp): Promise<string[]> {
    const found = this.page.locator(".codelens-decoration");
    await found.filter({ hasText: wanted }).first().waitFor();
    return (await found.allInnerTexts()).map(plain);
  }

  /** Clicks on such a text above a hole, when it is there. */
  async lens(wanted: RegExp, timeout = PATIENCE): Promise<void> {
    await this.page.locator(".codelens-decoration a", { hasText: wanted }).first().click({ timeout });
  }

  /** The proof that stands in grey behind the hole at the cursor, when it is there. */
  async ghost(timeout = PATIENCE): Promise<string> {
    // What an extension shows behind a text is the content of a pseudo-element, which no locator sees.
    const found = await this.page.waitForFunction(
      () => {
        for (const span of document.querySelectorAll(".view-line span[class*='TextEditorDecoration']")) {
          const { content } = getComputedStyle(span, "::after");
          if (content.startsWith('"')) return content;
        }
        return null;
      },
      undefined,
      { timeout },
    );
    return plain(JSON.parse((await found.jsonValue()) ?? "") as string);
  }

  /** The editor's own grey text at the cursor. */
  get inline(): Locator {
    return this.page.locator(".monaco-editor.focused .ghost-text-decoration");
  }

  /** What is offered at the cursor under the light bulb, when a proof is among it. The list stays open. */
  async fixes(): Promise<Locator> {
    const rows = this.page.locator(".action-widget .monaco-list-row.action");
    const proof = rows.filter({ hasText: "proves the goal" }).first();
    // For a text that has just changed the server may have none yet, and what is offered stays as it was when it was asked for.
    return eventually(async () => {
      await this.page.keyboard.press("Control+.");
      if (await proof.waitFor({ timeout: ASK_AGAIN }).then(() => true, () => false)) return rows;
      // The same key in a list that has come late would choose from it.
      await this.reset();
      return null;
    }, "a proof is offered under the light bulb");
  }

  /** A message in the corner, when it is there. */
  async message(wanted: RegExp | string, timeout = PATIENCE): Promise<Locator> {
    const found = this.page.locator(".notifications-toasts .notification-list-item", { hasText: wanted }).first();
    await found.waitFor({ timeout });
    return found;
  }

  /** The extension's item of the status bar. */
  get status(): Locator {
    return this.page.locator(`.statusbar-item[id="unsorry.unsorry.unsorry.status"]`);
  }

  /** Makes the panel below the text so high, in pixels. */
  async panelHeight(height: number): Promise<void> {
    const { mouse } = this.page;
    const box = await this.page.locator(".part.panel").boundingBox();
    if (box === null) throw new Error("there is no panel");
    const middle = box.x + box.width / 2;
    await mouse.move(middle, box.y - 1);
    await mouse.down();
    await mouse.move(middle, box.y + box.height - height, { steps: 5 });
    await mouse.up();
    // The edge shows as long as the mouse is on it.
    await mouse.move(0, 0);
  }

  /** The page inside the extension's panel. */
  panel(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  /** Changes a setting in the user's file, and comes back; without a value it is the default again. */
  async setting(key: string, value: unknown): Promise<void> {
    const file = path.join(this.places.folder, "data", "User", "settings.json");
    const settings = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await this.run("Preferences: Open User Settings (JSON)");
    await this.page.locator('.tab.active[data-resource-name="settings.json"]').waitFor();
    // There is nothing to select before the text is there.
    await this.page.locator(".monaco-editor.focused .view-line", { hasText: "{" }).first().waitFor();
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.press("Delete");
    // What is undefined is left out.
    await this.page.keyboard.insertText(JSON.stringify({ ...settings, [key]: value }));
    await this.page.keyboard.press("Control+S");
    await this.page.locator('.tab.active[data-resource-name="settings.json"]:not(.dirty)').waitFor();
    await this.closeTab("settings.json");
  }

  /** Closes whatever stands open over the text. */
  async reset(): Promise<void> {
    for (let times = 0; times < 3; times++) await this.page.keyboard.press("Escape");
  }

  /** What the window looks like. */
  async picture(file: string): Promise<void> {
    await this.page.screenshot({ path: file, animations: "disabled" });
  }

  /** Takes a picture of the text and what is around it again and again while something is done; names say when, in ms. */
  async film(folder: string, action: () => Promise<void>): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const clip = await this.page.locator(".part.editor").boundingBox();
    if (clip === null) throw new Error("there is no editor");
    const begin = performance.now();
    const acting = new AbortController();
    const pictures = async (): Promise<void> => {
      // What the last picture shows is what is there in the end.
      for (let last = false; !last; ) {
        last = acting.signal.aborted;
        const name = `${String(Math.round(performance.now() - begin)).padStart(6, "0")}.png`;
        await this.page.screenshot({ path: path.join(folder, name), clip, caret: "initial" });
      }
    };
    await Promise.all([
      pictures(),
      action().finally(() => {
        acting.abort();
      }),
    ]);
  }

  private async pick(key: string, typed: string, row?: string, before = ""): Promise<number> {
    const box = this.page.locator(".quick-input-widget");
    await this.page.keyboard.press(key);
    const field = box.locator(".quick-input-box input");
    await field.waitFor();
    await field.fill(before + typed);
    if (row !== undefined) {
      // The first row is the one that Enter takes.
      await box.locator('.quick-input-list .monaco-list-row[data-index="0"]', { hasText: row }).waitFor();
    }
    const chosen = performance.now();
    await this.page.keyboard.press("Enter");
    await box.waitFor({ state: "hidden" });
    return chosen;
  }
}

/** Asks again and again until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | null>, what: string, timeout = PATIENCE): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`not within ${String(timeout / 1000)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A text without the spaces that the editor writes so that they are not lost. */
export function plain(text: string): string {
  return text.replaceAll("\u00a0", " ").replaceAll("\u200c", "");
}

function codeServer(places: Places, words: string[]): ChildProcess {
  const own = (name: string): string => path.join(places.folder, name);
  return spawn(
    process.execPath,
    [
      places.codeServer,
      ...["--config", own("config.yaml"), "--user-data-dir", own("data"), "--extensions-dir", own("extensions")],
      ...words,
    ],
    {
      // A group of its own, so that whatever it starts ends with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // With VSCODE_CLI it keeps this environment and does not ask the user's shell for another one.
      env: { ...process.env, VSCODE_CLI: "1", HOME: own("home"), ...places.environment },
    },
  );
}

async function listening(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const told = heard(server);
    const timer = setTimeout(() => {
      reject(new Error(`code-server does not listen: ${told()}`));
    }, PATIENCE);
    server.stdout?.on("data", () => {
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(told());
      if (found?.[1] === undefined) return;
      clearTimeout(timer);
      resolve(found[1]);
    });
    server.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`code-server has ended: ${told()}`));
    });
  });
}

/** Waits for a program that ends by itself. */
async function ended(child: ChildProcess): Promise<void> {
  const told = heard(child);
  const status = await new Promise((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
    setTimeout(() => {
      reject(new Error(`code-server does not end: ${told()}`));
    }, PATIENCE).unref();
  });
  if (status !== 0) throw new Error(`code-server: ${told()}`);
}

function heard(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (piece: Buffer) => {
      text = (text + piece.toString()).slice(-10_000);
    });
  return () => text;
}

/** Ends a process and all of its group, by force where asking does not help. */
async function stopped(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => { resolve(); });
  });
  signal(child, "SIGTERM");
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, GRACE))]);
  signal(child, "SIGKILL");
  await gone;
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
