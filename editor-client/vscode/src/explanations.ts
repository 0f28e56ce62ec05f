// What was tried at a hole, as a page of its own.

import * as vscode from "vscode";

const SCHEME = "unsorry-explanation";

export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly #uri = vscode.Uri.from({ scheme: SCHEME, path: "/Explanation.md" });
  #text = "";

  readonly onDidChange = this.#changed.event;

  provideTextDocumentContent(): string {
    return this.#text;
  }

  /** Shows a text in Markdown beside the editor. */
  async show(text: string): Promise<void> {
    this.#text = text;
    this.#changed.fire(this.#uri);
    await vscode.commands.executeCommand("markdown.showPreviewToSide", this.#uri);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
