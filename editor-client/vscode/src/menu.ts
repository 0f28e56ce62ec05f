// The menu behind the status item: every command with what it does.

import * as vscode from "vscode";

interface Entry extends vscode.QuickPickItem {
  readonly command?: string;
}

const GROUPS: Readonly<Record<string, readonly (readonly [icon: string, label: string, command: string])[]>> = {
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

export async function menu(): Promise<void> {
  const entries = Object.entries(GROUPS).flatMap(([group, commands]): Entry[] => [
    { label: group, kind: vscode.QuickPickItemKind.Separator },
    ...commands.map(([icon, label, command]) => ({ label: `$(${icon}) ${label}`, command })),
  ]);
  const chosen = await vscode.window.showQuickPick(entries, { title: "Unsorry", placeHolder: "What shall be done?" });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
}
