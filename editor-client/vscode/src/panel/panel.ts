// The panel "Goal and search": it follows the cursor, and shows the hole there with its search as it goes.

import { randomBytes } from "node:crypto";

import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";

import { activeEditor } from "../activeEditor.ts";
import { isOurs } from "../documents.ts";
import type { Place, SearchNotice, Watching } from "../protocol.ts";
import type { Connection } from "../server/connection.ts";
import type { FromPage, ToPage } from "./messages.ts";
import { page } from "./page.ts";
import { EMPTY, next, type Event, type View } from "./state.ts";

/** How long the cursor must rest before the panel follows it, in milliseconds. */
const REST = 150;

export const PANEL = "unsorry.panel";

export class Panel implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #connection: Connection;
  readonly #extension: vscode.Uri;
  readonly #listeners: vscode.Disposable[];
  #page: vscode.WebviewView | undefined;
  #view: View = EMPTY;
  #pinned = false;
  #timer: NodeJS.Timeout | undefined;
  /** Counts what was asked of the server: an answer to what is no longer wanted is dropped. */
  #asked = 0;

  constructor(connection: Connection, extension: vscode.Uri) {
    this.#connection = connection;
    this.#extension = extension;
    this.#listeners = [
      vscode.window.registerWebviewViewProvider(PANEL, this),
      vscode.window.onDidChangeTextEditorSelection(() => {
        this.#follow();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.#follow();
      }),
      connection.onDidNotify(({ method, params }) => {
        if (method === "unsorry/search") this.#take({ kind: "notice", notice: params as SearchNotice });
      }),
      connection.onDidChange((state) => {
        this.#pin(false);
        const isRunning = state.kind === "running";
        this.#take({ kind: "show", view: isRunning ? EMPTY : { kind: "nothing", why: "The server is not running." } });
        if (isRunning) this.#follow();
      }),
    ];
  }

  /** Shows the panel, with the hole at a place or at the cursor. */
  async show(uri?: string, position?: Place): Promise<void> {
    await vscode.commands.executeCommand(`${PANEL}.focus`);
    if (uri === undefined || position === undefined) {
      this.#follow();
      return;
    }
    this.#pin(false);
    await this.#watch(uri, position);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#page = view;
    const dist = vscode.Uri.joinPath(this.#extension, "dist");
    view.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    const source = (name: string): string => view.webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    view.webview.html = page({
      script: source("panel.js"),
      style: source("panel.css"),
      origin: view.webview.cspSource,
      nonce: randomBytes(16).toString("hex"),
    });
    view.webview.onDidReceiveMessage((message: FromPage) => {
      void this.#hear(message);
    });
    view.onDidChangeVisibility(() => {
      if (view.visible) this.#follow();
      else void this.#unwatch();
    });
    view.onDidDispose(() => {
      this.#page = undefined;
      void this.#unwatch();
    });
  }

  async #hear(message: FromPage): Promise<void> {
    const view = this.#view;
    switch (message.kind) {
      case "ready":
        this.#send({ kind: "view", view: this.#view, pinned: this.#pinned });
        this.#follow();
        return;
      case "pin":
        this.#pin(message.pinned);
        if (!message.pinned) this.#follow();
        return;
      case "insert":
        if (view.kind !== "search") return;
        await vscode.commands.executeCommand("unsorry.apply", view.uri, view.version, view.range.start, message.number);
        await this.#reveal();
        return;
      case "reveal":
        await this.#reveal();
        return;
      case "deeper":
      case "explain":
        if (view.kind !== "search") return;
        await vscode.commands.executeCommand(
          message.kind === "deeper" ? "unsorry.searchDeeper" : "unsorry.explain",
          view.uri,
          view.range.start,
        );
        return;
    }
  }

  /** Shows the hole in the editor. */
  async #reveal(): Promise<void> {
    if (this.#view.kind !== "search") return;
    const { start } = this.#view.range;
    const place = new vscode.Position(start.line, start.character);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(this.#view.uri));
    await vscode.window.showTextDocument(document, { selection: new vscode.Range(place, place) });
  }

  #pin(pinned: boolean): void {
    if (pinned === this.#pinned) return;
    this.#pinned = pinned;
    this.#send({ kind: "pinned", pinned });
  }

  #take(event: Event): void {
    this.#view = next(this.#view, event);
    this.#send({ kind: "event", event });
  }

  #send(message: ToPage): void {
    void this.#page?.webview.postMessage(message);
  }

  /** Watches what is at the cursor, when it has come to rest. */
  #follow(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const editor = activeEditor();
      if (this.#pinned || this.#page?.visible !== true || editor === undefined || !isOurs(editor.document)) return;
      const { active } = editor.selection;
      const uri = editor.document.uri.toString();
      if (!this.#isWatched(uri, active)) void this.#watch(uri, { line: active.line, character: active.character });
    }, REST);
  }

  /** Is this place in the hole that is shown already? */
  #isWatched(uri: string, place: vscode.Position): boolean {
    const view = this.#view;
    if (view.kind !== "search" || view.uri !== uri || view.stage === "gone") return false;
    const { start, end } = view.range;
    return new vscode.Range(start.line, start.character, end.line, end.character).contains(place);
  }

  async #watch(uri: string, position: Place): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const answer = await this.#execute("unsorry.watch", [uri, position]);
    if (asked !== this.#asked || answer === undefined) return;
    const { watching, goals = [] } = answer as Watching;
    if (watching) return;
    const view = goals.length > 0 ? ({ kind: "goals", goals } as const) : EMPTY;
    this.#take({ kind: "show", view });
  }

  async #unwatch(): Promise<void> {
    this.#asked += 1;
    // Nothing is shown of what was watched: it would be told no more.
    this.#view = EMPTY;
    await this.#execute("unsorry.unwatch", []);
  }

  /** A command's answer; undefined where the server gives none, as when the text has changed meanwhile. */
  async #execute(command: string, given: readonly unknown[]): Promise<unknown> {
    const { client } = this.#connection;
    try {
      return await client?.sendRequest(ExecuteCommandRequest.type, { command, arguments: [...given] as never[] });
    } catch {
      return undefined;
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.dispose();
  }
}
