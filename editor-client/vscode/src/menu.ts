// The menu behind the status item: every command with what it does.

import * as vscode from "vscode";

import type { State } from "./server/connection.ts";

interface Entry extends vscode.QuickPickItem {
  readonly command?: string;
}

type Command = readonly [icon: string, label: string, command: string];

const GROUPS: Readonly<Record<string, readonly Command[]>> = {
  Prove: [
    ["sparkle", "Prove the goal at the cursor", "unsorry.proveHere"],
    ["telescope", "Search deeper at the cursor", "unsorry.searchDeeper"],
    ["file-code", "Prove all holes of this file", "unsorry.proveFile"],
    ["folder", "Prove all holes of the workspace", "unsorry.proveWorkspace"],
    ["stop-circle", "Cancel everything", "unsorry.cancelAll"],
  ],
  Look: [
    ["graph", "Show goal and search", "unsorry.showPanel"],
    ["question", "Explain what was tried at the cursor", "unsorry.explain"],
    ["output", "Show the server's log", "unsorry.showLog"],
    ["terminal", "Show the extension's output", "unsorry.showOutput"],
  ],
  "Set up": [
    ["chip", "Choose a model", "unsorry.chooseModel"],
    ["settings-gear", "Settings", "unsorry.openSettings"],
    ["debug-restart", "Restart the prover", "unsorry.restartProver"],
    ["refresh", "Restart the server", "unsorry.restartServer"],
    ["cloud-download", "Install or update the server", "unsorry.install"],
    ["book", "First steps", "unsorry.openWalkthrough"],
  ],
};

/** What has to be done first, where nothing else can be. */
const FIRST: Readonly<Partial<Record<State["kind"], Command>>> = {
  untrusted: ["shield", "Trust this folder", "workbench.trust.manage"],
  missing: ["cloud-download", "Install the server", "unsorry.install"],
  off: ["debug-start", "Start the server", "unsorry.restartServer"],
  failed: ["refresh", "Start the server again", "unsorry.restartServer"],
};

export async function menu(state: State["kind"]): Promise<void> {
  const first = FIRST[state];
  const groups = first === undefined ? GROUPS : { First: [first], ...GROUPS };
  const entries = Object.entries(groups).flatMap(([group, commands]): Entry[] => [
    { label: group, kind: vscode.QuickPickItemKind.Separator },
    ...commands.map(([icon, label, command]) => ({ label: `$(${icon}) ${label}`, command })),
  ]);
  const chosen = await vscode.window.showQuickPick(entries, { title: "Unsorry", placeHolder: "What shall be done?" });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
}
