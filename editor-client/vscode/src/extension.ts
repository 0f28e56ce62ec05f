// The extension's beginning and end.

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";

import { chooseModel } from "./chooseModel.ts";
import { Commands } from "./commands.ts";
import { Explanations } from "./explanations.ts";
import { Ghost } from "./ghost.ts";
import { Languages } from "./languages.ts";
import { menu } from "./menu.ts";
import { Panel } from "./panel/panel.ts";
import { Connection, type State } from "./server/connection.ts";
import { forServer } from "./settings.ts";
import { Setup } from "./setup.ts";
import { StatusItem } from "./statusItem.ts";

const SECTION = "unsorry";

/** Settings that say how the server is had: it is started anew when they change. */
const OURS = ["unsorry.server.path"];

let connection: Connection | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Unsorry", { log: true });
  const setup = new Setup(log, context.globalStorageUri.fsPath, context.asAbsolutePath("server"));
  const hints: NonNullable<Middleware["provideInlayHints"]> = async (document, range, token, next) =>
    ghost.withoutHints(document, (await next(document, range, token)) ?? []);
  const server = (connection = new Connection(log, { ...middleware(context), provideInlayHints: hints }, async (signal) => {
    return await setup.find(signal);
  }));
  const ghost = new Ghost(server);
  const panel = new Panel(server, context.extensionUri);
  const explanations = new Explanations();
  const excuse = async (): Promise<void> => {
    await explain(server.state, server, setup, log);
  };
  const command = (name: string, run: () => unknown): vscode.Disposable => vscode.commands.registerCommand(name, run);
  context.subscriptions.push(
    log,
    server,
    ghost,
    panel,
    explanations,
    new StatusItem(server),
    new Languages(context.extension.id),
    ...new Commands(server, log, panel, explanations, excuse).register(),
    command("unsorry.acceptGhost", async () => { await ghost.accept(); }),
    command("unsorry.hideGhost", () => {
      ghost.hide();
    }),
    command("unsorry.menu", async () => {
      await menu(server.state.kind);
    }),
    command("unsorry.install", async () => {
      await setup.install(server);
    }),
    command("unsorry.restartServer", async () => {
      await server.restart();
      if (server.state.kind !== "running") await excuse();
    }),
    command("unsorry.chooseModel", async () => {
      await chooseModel(server);
    }),
    command("unsorry.openSettings", async () => {
      await vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${context.extension.id}`);
    }),
    command("unsorry.openWalkthrough", async () => {
      const walkthrough = `${context.extension.id}#unsorry.start`;
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false);
    }),
    command("unsorry.openExample", async () => {
      await openExample(context.extensionUri);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.start()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (OURS.some((name) => event.affectsConfiguration(name))) void server.restart();
    }),
    server.onDidChange((state) => {
      void vscode.commands.executeCommand("setContext", "unsorry.running", state.kind === "running");
      if (state.kind === "missing") void setup.offer(server, state.why, false);
      if (state.kind === "running") void setup.offerUpdate(server);
    }),
    sayRestarts(server, log, excuse),
  );
  void server.start();
}

export async function deactivate(): Promise<void> {
  await connection?.stop();
}

function middleware(context: vscode.ExtensionContext): Middleware {
  return {
    provideInlineCompletionItems: async (document, position, inline, token, next) => {
      const found = await next(document, position, inline, token);
      const items = found == null ? [] : Array.isArray(found) ? found : found.items;
      return Ghost.own(document, items);
    },
    workspace: {
      configuration: (params) => params.items.map(({ section }) => (section === SECTION ? serverSettings(context) : null)),
    },
  };
}

/** What the user has set of the server's settings. */
function serverSettings(context: vscode.ExtensionContext): Record<string, unknown> {
  const manifest = context.extension.packageJSON as {
    contributes: { configuration: readonly { properties: Readonly<Record<string, unknown>> }[] };
  };
  // The first group is the extension's own.
  const keys = manifest.contributes.configuration
    .slice(1)
    .flatMap((group) => Object.keys(group.properties))
    .map((name) => name.slice(SECTION.length + 1));
  const configuration = vscode.workspace.getConfiguration(SECTION);
  return forServer(keys, (key) => configuration.inspect(key));
}

/** Says why there is no server, to a user who has just asked for something. */
async function explain(state: State, server: Connection, setup: Setup, log: vscode.LogOutputChannel): Promise<void> {
  switch (state.kind) {
    case "untrusted": {
      const chosen = await vscode.window.showWarningMessage("Unsorry starts nothing before you trust this folder.", "Manage Trust");
      if (chosen !== undefined) await vscode.commands.executeCommand("workbench.trust.manage");
      return;
    }
    case "missing":
      await setup.offer(server, state.why, true);
      return;
    case "off":
    case "failed": {
      const why = state.kind === "failed" ? state.why : "The Unsorry server is stopped.";
      const chosen = await vscode.window.showErrorMessage(why, "Start It", "Show Output");
      if (chosen === "Start It") await server.restart();
      if (chosen === "Show Output") log.show();
      return;
    }
    case "looking":
    case "starting":
    case "waiting":
    case "running":
      // It is there, or about to be.
      return;
  }
}

/** Says that the server ended by itself, when it is back or when it is given up. */
function sayRestarts(server: Connection, log: vscode.LogOutputChannel, excuse: () => Promise<void>): vscode.Disposable {
  let ended = false;
  return server.onDidChange((state) => {
    if (state.kind === "waiting") ended = true;
    if (state.kind === "failed") void excuse();
    if (state.kind === "running" && ended) {
      ended = false;
      void sayRestarted(log);
    }
  });
}

async function sayRestarted(log: vscode.LogOutputChannel): Promise<void> {
  const words = "The Unsorry server ended by itself and was started again.";
  if ((await vscode.window.showWarningMessage(words, "Show Output")) !== undefined) log.show();
}

/** Opens the example as a text that is nobody's file, at its first hole; beside what is no text, such as the first steps. */
async function openExample(extension: vscode.Uri): Promise<void> {
  const file = vscode.Uri.joinPath(extension, "media", "Example.lean");
  const content = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  const document = await vscode.workspace.openTextDocument({ language: "lean4", content });
  const hole = document.positionAt(/^ +sorry$/m.exec(content)?.index ?? 0).translate(0, 2);
  const { activeTextEditor, tabGroups } = vscode.window;
  const isBeside = activeTextEditor === undefined && tabGroups.activeTabGroup.activeTab !== undefined;
  const viewColumn = isBeside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
  await vscode.window.showTextDocument(document, { viewColumn, selection: new vscode.Range(hole, hole) });
}
