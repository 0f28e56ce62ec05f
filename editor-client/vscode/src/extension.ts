// The extension's beginning and end.

import * as vscode from "vscode";

import { Connection, type ServerCommand } from "./connection.ts";
import { Ghost } from "./ghost.ts";
import { forServer } from "./settings.ts";

const SECTION = "unsorry";

let connection: Connection | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Unsorry", { log: true });
  const server = (connection = new Connection(
    log,
    {
      provideInlineCompletionItems: async (document, position, inline, token, next) => {
        const found = await next(document, position, inline, token);
        const items = found == null ? [] : Array.isArray(found) ? found : found.items;
        return Ghost.own(document, items);
      },
      workspace: {
        configuration: (params) =>
          params.items.map((item) => (item.section === SECTION ? serverSettings(context) : null)),
      },
    },
    async () => await find(),
  ));
  const ghost = new Ghost(server);
  context.subscriptions.push(
    log,
    server,
    ghost,
    vscode.commands.registerCommand("unsorry.acceptGhost", async () => { await ghost.accept(); }),
    vscode.commands.registerCommand("unsorry.hideGhost", () => {
      ghost.hide();
    }),
    vscode.commands.registerCommand("unsorry.restartServer", async () => { await server.restart(); }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.start()),
  );
  void server.start();
}

export async function deactivate(): Promise<void> {
  await connection?.stop();
}

async function find(): Promise<ServerCommand | string> {
  const path = vscode.workspace.getConfiguration(SECTION).get<string>("server.path", "");
  return await Promise.resolve({ command: [path || "unsorry", "lsp"], where: path ? "setting" : "PATH" });
}

function serverSettings(context: vscode.ExtensionContext): Record<string, unknown> {
  const manifest = context.extension.packageJSON as {
    contributes: { configuration: readonly { properties: Readonly<Record<string, unknown>> }[] };
  };
  const keys = manifest.contributes.configuration
    .slice(1)
    .flatMap((group) => Object.keys(group.properties))
    .map((name) => name.slice(SECTION.length + 1));
  const configuration = vscode.workspace.getConfiguration(SECTION);
  return forServer(keys, (key) => configuration.inspect(key));
}
