// The server's commands, as the palette, keys, lenses and actions start them.

import * as vscode from "vscode";
import {
  ExecuteCommandRequest,
  WorkDoneProgress,
  type ExecuteCommandParams,
  type LanguageClient,
} from "vscode-languageclient/node";

import { activeEditor } from "./activeEditor.ts";
import { isOurs } from "./documents.ts";
import type { Explanations } from "./explanations.ts";
import { failureWords, isProved, provedWords } from "./outcomes.ts";
import type { Panel } from "./panel/panel.ts";
import type { Place } from "./protocol.ts";
import type { Connection } from "./server/connection.ts";

/** What a command is about, where it does not say so itself: the cursor, its document, or nothing. */
type About = "place" | "document" | "nothing";

interface ServerCommand {
  readonly about: About;
  /** What is being done, where that may take long. */
  readonly progress?: string;
}

const COMMANDS: Readonly<Record<string, ServerCommand>> = {
  "unsorry.proveHere": { about: "place", progress: "Proving the goal" },
  "unsorry.searchDeeper": { about: "place", progress: "Searching deeper" },
  "unsorry.proveFile": { about: "document", progress: "Proving the file" },
  "unsorry.proveWorkspace": { about: "nothing", progress: "Proving the workspace" },
  "unsorry.apply": { about: "nothing" },
  "unsorry.cancelAll": { about: "nothing" },
  "unsorry.restartProver": { about: "nothing", progress: "Restarting the prover" },
};

export class Commands {
  readonly #connection: Connection;
  readonly #log: vscode.LogOutputChannel;
  readonly #panel: Panel;
  readonly #explanations: Explanations;
  /** Says why there is no server, and what to do about it. */
  readonly #excuse: () => Promise<void>;

  constructor(
    connection: Connection,
    log: vscode.LogOutputChannel,
    panel: Panel,
    explanations: Explanations,
    excuse: () => Promise<void>,
  ) {
    this.#connection = connection;
    this.#log = log;
    this.#panel = panel;
    this.#explanations = explanations;
    this.#excuse = excuse;
  }

  register(): vscode.Disposable[] {
    const command = (name: string, run: (...given: unknown[]) => unknown): vscode.Disposable =>
      vscode.commands.registerCommand(name, run);
    return [
      ...Object.keys(COMMANDS).map((name) => command(name, async (...given) => await this.#run(name, given))),
      // A lens on a hole that can't be searched asks for this.
      command("unsorry.showGoal", async (uri, position) => {
        await this.#panel.show(uri as string | undefined, position as Place | undefined);
      }),
      command("unsorry.showPanel", async () => {
        await this.#panel.show();
      }),
      command("unsorry.explain", async (...given) => {
        await this.#explain(given);
      }),
      command("unsorry.showLog", async () => {
        await this.#showLog();
      }),
      command("unsorry.showOutput", () => {
        this.#log.show();
      }),
    ];
  }

  async #run(name: string, given: readonly unknown[]): Promise<unknown> {
    const known = COMMANDS[name];
    const found = given.length > 0 ? given : here(known?.about ?? "nothing");
    if (found === undefined) {
      void vscode.window.showInformationMessage("Open a Lean file or an Isabelle theory first.");
      return undefined;
    }
    const result = await this.#execute(name, found, known?.progress);
    this.#say(name, result);
    return result;
  }

  #say(name: string, result: unknown): void {
    // Of a single hole the text itself shows what became of it, or the server says why nothing did.
    if (!isProved(result) || name === "unsorry.proveHere" || name === "unsorry.searchDeeper") return;
    const { problems = [] } = result;
    const words = `Unsorry: ${provedWords(result)}`;
    if (problems.length > 0) void vscode.window.showWarningMessage([words, ...problems].join("\n"));
    else void vscode.window.showInformationMessage(words);
  }

  /** Has the server execute a command; undefined where it could not, which the user is told. */
  async #execute(name: string, given: readonly unknown[], progress?: string): Promise<unknown> {
    const client = await this.#connection.ready();
    if (client === undefined) {
      await this.#excuse();
      return undefined;
    }
    const params: ExecuteCommandParams = { command: name, arguments: [...given] as never[] };
    try {
      if (progress === undefined) return await client.sendRequest(ExecuteCommandRequest.type, params);
      return await withProgress(client, params, progress);
    } catch (error) {
      const words = failureWords(error);
      if (words !== undefined) void vscode.window.showWarningMessage(`Unsorry: ${words}`);
      return undefined;
    }
  }

  async #explain(given: readonly unknown[]): Promise<void> {
    const found = given.length > 0 ? given : here("place");
    const result = found === undefined ? undefined : await this.#execute("unsorry.explain", found, "Reading the file");
    if (typeof result === "object" && result !== null && "explanation" in result && typeof result.explanation === "string") {
      await this.#explanations.show(result.explanation);
    }
  }

  async #showLog(): Promise<void> {
    if (this.#connection.client === undefined) this.#log.show();
    else await this.#execute("unsorry.showLog", []);
  }
}

/** The arguments that say where the cursor is; undefined where no document of ours is meant. */
function here(about: About): unknown[] | undefined {
  if (about === "nothing") return [];
  const editor = activeEditor();
  if (editor === undefined || !isOurs(editor.document)) return undefined;
  const { line, character } = editor.selection.active;
  const uri = editor.document.uri.toString();
  return about === "document" ? [uri] : [uri, { line, character }];
}

/** Executes a command under a notification that shows how far it is, and whose Cancel reaches the server. */
async function withProgress(client: LanguageClient, params: ExecuteCommandParams, title: string): Promise<unknown> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Unsorry: ${title}`, cancellable: true };
  return await vscode.window.withProgress(options, async (progress, token) => {
    const workDoneToken = crypto.randomUUID();
    let done = 0;
    const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind === "end") return;
      const increment = Math.max(0, (value.percentage ?? 0) - done);
      done += increment;
      progress.report({ increment, ...(value.message === undefined ? {} : { message: value.message }) });
    });
    try {
      // The token has the client send `$/cancelRequest`, which ends the work there.
      return (await client.sendRequest(ExecuteCommandRequest.type, { ...params, workDoneToken }, token)) as unknown;
    } finally {
      listener.dispose();
    }
  });
}
