// Ghost text: the editor's own where it can show it, and a preview of ours where a hole is to be replaced.
//
// VS Code shows grey text only where the new text goes on from what stands there.  `sorry` is to give way to something
// else, which an extension may not show as an edit.  So the hole is struck out, its proof stands behind it in grey, and Tab
// puts it there, as with the editor's own.

import * as vscode from "vscode";
import { InlayHintRequest, InlineCompletionRequest, type InlineCompletionItem } from "vscode-languageclient/node";

import { activeEditor } from "./activeEditor.ts";
import type { Connection } from "./server/connection.ts";
import { isOurs } from "./documents.ts";
import { goesOn, isHoleWord, preview } from "./ghostText.ts";

const CONTEXT = "unsorry.ghostVisible";

interface Shown {
  readonly editor: vscode.TextEditor;
  readonly version: number;
  readonly range: vscode.Range;
  readonly text: string;
}

export class Ghost implements vscode.Disposable {
  readonly #connection: Connection;
  readonly #struck = vscode.window.createTextEditorDecorationType({
    textDecoration: "line-through",
    color: new vscode.ThemeColor("editorGhostText.foreground"),
  });
  readonly #grey = vscode.window.createTextEditorDecorationType({
    after: {
      color: new vscode.ThemeColor("editorGhostText.foreground"),
      margin: "0 0 0 0.6em",
      fontStyle: "italic",
    },
  });
  readonly #listeners: vscode.Disposable[];
  #shown: Shown | undefined;
  #asking: vscode.CancellationTokenSource | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#listeners = [
      vscode.window.onDidChangeTextEditorSelection((event) => {
        this.#look(event.textEditor);
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        this.hide();
        if (editor !== undefined) this.#look(editor);
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        const editor = activeEditor();
        if (editor?.document === event.document && event.contentChanges.length > 0) this.#look(editor);
      }),
      // A better proof may have been found since, or the first one.
      vscode.languages.onDidChangeDiagnostics((event) => {
        const editor = activeEditor();
        const shown = editor?.document.uri.toString();
        if (editor !== undefined && event.uris.some((uri) => uri.toString() === shown)) this.#look(editor, true);
      }),
      connection.onDidChange((state) => {
        this.hide();
        const editor = activeEditor();
        if (state.kind === "running" && editor !== undefined) this.#look(editor);
      }),
    ];
  }

  /** What the editor can show of the server's items; the rest is shown here. */
  static own(document: vscode.TextDocument, items: readonly vscode.InlineCompletionItem[]): vscode.InlineCompletionItem[] {
    return items.filter((item) => item.range === undefined || goesOn(document.getText(item.range), textOf(item)));
  }

  /** Asks for what replaces the hole at an editor's cursor, if it stands at one.  What is shown may stay until then. */
  #look(editor: vscode.TextEditor, stays = false): void {
    if (!stays) this.hide();
    else if (this.#asking !== undefined) return;
    const { client } = this.#connection;
    const { document, selection } = editor;
    if (client === undefined || !isOurs(document) || !selection.isEmpty || editor !== activeEditor()) return;
    if (!vscode.workspace.getConfiguration("editor", document).get<boolean>("inlineSuggest.enabled", true)) return;
    const word = document.getWordRangeAtPosition(selection.active, /[\p{L}\p{N}_'.!?]+/u);
    if (word === undefined || !isHoleWord(document.getText(word))) return;
    const asking = new vscode.CancellationTokenSource();
    this.#asking = asking;
    void this.#ask(editor, asking.token).finally(() => {
      asking.dispose();
      if (this.#asking === asking) this.#asking = undefined;
    });
  }

  async #ask(editor: vscode.TextEditor, token: vscode.CancellationToken): Promise<void> {
    const { client } = this.#connection;
    const { document, selection } = editor;
    if (client === undefined) return;
    const { version } = document;
    const params = client.code2ProtocolConverter.asInlineCompletionParams(document, selection.active, {
      triggerKind: vscode.InlineCompletionTriggerKind.Automatic,
      selectedCompletionInfo: undefined,
    });
    let items: readonly InlineCompletionItem[];
    try {
      const answer = await client.sendRequest(InlineCompletionRequest.type, params, token);
      items = answer === null ? [] : Array.isArray(answer) ? answer : answer.items;
    } catch {
      // The text has changed, or the server is gone: there is nothing to show, and others say why.
      return;
    }
    const [item] = items;
    if (token.isCancellationRequested || document.version !== version || item?.range === undefined) return;
    const range = client.protocol2CodeConverter.asRange(item.range);
    const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
    if (!goesOn(document.getText(range), text)) this.#show({ editor, version, range, text });
  }

  /** Hints behind the hole that is shown would say the same beside it. */
  withoutHints(document: vscode.TextDocument, hints: readonly vscode.InlayHint[]): vscode.InlayHint[] {
    const shown = this.#shown;
    return hints.filter(({ position }) => shown?.editor.document !== document || !position.isEqual(shown.range.end));
  }

  #refreshHints(document: vscode.TextDocument): void {
    const provider = this.#connection.client?.getFeature(InlayHintRequest.method).getProvider(document);
    provider?.onDidChangeInlayHints.fire();
  }

  #show(shown: Shown): void {
    const hadHint = this.#shown?.range.isEqual(shown.range) !== true;
    this.#shown = shown;
    if (hadHint) this.#refreshHints(shown.editor.document);
    const hoverMessage = new vscode.MarkdownString().appendCodeblock(shown.text, shown.editor.document.languageId);
    shown.editor.setDecorations(this.#struck, [{ range: shown.range, hoverMessage }]);
    shown.editor.setDecorations(this.#grey, [
      { range: shown.range, renderOptions: { after: { contentText: preview(shown.text) } } },
    ]);
    void vscode.commands.executeCommand("setContext", CONTEXT, true);
  }

  /** Shows nothing any more, and waits for nothing. */
  hide(): void {
    this.#asking?.cancel();
    this.#asking = undefined;
    if (this.#shown === undefined) return;
    this.#shown.editor.setDecorations(this.#struck, []);
    this.#shown.editor.setDecorations(this.#grey, []);
    const { document } = this.#shown.editor;
    this.#shown = undefined;
    this.#refreshHints(document);
    void vscode.commands.executeCommand("setContext", CONTEXT, false);
  }

  /** Puts what is shown in the place of the hole; nothing where the text has changed since. */
  async accept(): Promise<void> {
    const shown = this.#shown;
    this.hide();
    if (shown?.editor.document.version !== shown?.version || shown === undefined) return;
    const done = await shown.editor.edit((edit) => {
      edit.replace(shown.range, shown.text);
    });
    if (!done) return;
    // The cursor goes behind it, as with the editor's own: where it stood before it stays in front.
    const { document } = shown.editor;
    const end = document.positionAt(document.offsetAt(shown.range.start) + ends(document, shown.text).length);
    shown.editor.selection = new vscode.Selection(end, end);
  }

  dispose(): void {
    this.hide();
    for (const listener of this.#listeners) listener.dispose();
    this.#struck.dispose();
    this.#grey.dispose();
  }
}

function textOf(item: vscode.InlineCompletionItem): string {
  return typeof item.insertText === "string" ? item.insertText : item.insertText.value;
}

/** A text with the document's own line ends. */
function ends(document: vscode.TextDocument, text: string): string {
  return text.replaceAll(/\r?\n/g, document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n");
}
