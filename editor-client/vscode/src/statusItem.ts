// The status item: prover, model, whether something is being done, and the holes of the active document.

import * as vscode from "vscode";

import { activeEditor } from "./activeEditor.ts";
import { isOurs } from "./documents.ts";
import type { Status } from "./protocol.ts";
import type { Connection } from "./server/connection.ts";
import { shown } from "./statusText.ts";

export class StatusItem implements vscode.Disposable {
  readonly #connection: Connection;
  readonly #item = vscode.window.createStatusBarItem("unsorry.status", vscode.StatusBarAlignment.Left, 10);
  readonly #listeners: vscode.Disposable[];
  #status: Status | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#item.name = "Unsorry";
    this.#item.command = "unsorry.menu";
    this.#listeners = [
      connection.onDidNotify(({ method, params }) => {
        if (method !== "unsorry/status") return;
        this.#status = params as Status;
        this.#draw();
      }),
      connection.onDidChange(() => {
        this.#status = undefined;
        this.#draw();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.#draw();
      }),
    ];
    this.#draw();
    this.#item.show();
  }

  #draw(): void {
    const document = activeEditor()?.document;
    const place =
      document !== undefined && isOurs(document) ? { uri: document.uri.toString(), path: document.uri.fsPath } : undefined;
    const { text, tooltip, warning } = shown(this.#connection.state, this.#status, place);
    this.#item.text = text;
    this.#item.tooltip = new vscode.MarkdownString(tooltip, true);
    this.#item.accessibilityInformation = { label: `Unsorry: ${text.replace(/\$\([^)]*\) /, "")}`, role: "button" };
    this.#item.backgroundColor = warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
    this.#item.dispose();
  }
}
