// The one server of this window: started, watched, started again when it ends by itself, and stopped.

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type ClientCapabilities,
  type Middleware,
  type ServerCapabilities,
  type StaticFeature,
} from "vscode-languageclient/node";

import { selector } from "../documents.ts";
import { Backoff } from "./backoff.ts";

/** How `unsorry` is started, and where that was found; or why it was not. */
export type Found =
  | { readonly kind: "found"; readonly command: readonly string[]; readonly where: string }
  | { readonly kind: "missing"; readonly why: string };

/** What is with the server. */
export type State =
  | { readonly kind: "off" }
  | { readonly kind: "untrusted" }
  | { readonly kind: "looking" }
  | { readonly kind: "missing"; readonly why: string }
  | { readonly kind: "starting"; readonly where: string }
  | { readonly kind: "running"; readonly where: string }
  | { readonly kind: "waiting"; readonly seconds: number }
  | { readonly kind: "failed"; readonly why: string };

/** Tells the server what this client can do beyond the protocol, and keeps the server's commands to the extension. */
class OurFeature implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), unsorry: { status: true } };
  }

  preInitialize(capabilities: ServerCapabilities): void {
    // The extension registers these itself, so that they are there before the server is and when it is gone.
    delete capabilities.executeCommandProvider;
  }

  initialize(): void {
    // Nothing is left to do.
  }

  getState(): ReturnType<StaticFeature["getState"]> {
    return { kind: "static" };
  }

  clear(): void {
    // Nothing is held.
  }
}

/** A client whose troubles go to the log alone: the extension has its own words for those that a user must hear of. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Has something newer been wanted meanwhile?  (A function, since waiting changes it, which the compiler can't know.) */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

export class Connection implements vscode.Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #middleware: Middleware;
  readonly #find: (signal: AbortSignal) => Promise<Found>;
  readonly #backoff = new Backoff();
  readonly #changed = new vscode.EventEmitter<State>();
  readonly #notified = new vscode.EventEmitter<{ readonly method: string; readonly params: unknown }>();
  #state: State = { kind: "off" };
  #client: LanguageClient | undefined;
  #command: readonly string[] | undefined;
  /** Aborted by whatever is wanted next: what was begun for an older wish comes to nothing. */
  #wish = new AbortController();

  readonly onDidChange = this.#changed.event;
  /** What the server tells beyond the protocol. */
  readonly onDidNotify = this.#notified.event;

  /** `find` looks for the server each time that it is to be started. */
  constructor(
    log: vscode.LogOutputChannel,
    middleware: Middleware,
    find: (signal: AbortSignal) => Promise<Found>,
  ) {
    this.#log = log;
    this.#middleware = middleware;
    this.#find = find;
  }

  get state(): State {
    return this.#state;
  }

  /** The client while the server answers; undefined else. */
  get client(): LanguageClient | undefined {
    return this.#state.kind === "running" ? this.#client : undefined;
  }

  /** How `unsorry` was started last. */
  get command(): readonly string[] | undefined {
    return this.#command;
  }

  #set(state: State): void {
    this.#state = state;
    this.#changed.fire(state);
  }

  /** Looks for the server and starts it, in the place of the one that runs. */
  async start(): Promise<void> {
    const signal = this.#anew();
    await this.#end();
    if (isOver(signal)) return;
    if (!vscode.workspace.isTrusted) {
      this.#set({ kind: "untrusted" });
      return;
    }
    this.#set({ kind: "looking" });
    const found = await this.#find(signal);
    if (isOver(signal)) return;
    if (found.kind === "missing") {
      this.#log.warn(found.why);
      this.#set(found);
      return;
    }
    this.#command = found.command;
    await this.#run(found.command, found.where, signal);
  }

  /** The client once the server that is being started answers; undefined where it does not come to that. */
  async ready(): Promise<LanguageClient | undefined> {
    const isComing = ({ kind }: State): boolean => kind === "looking" || kind === "starting" || kind === "waiting";
    while (isComing(this.#state)) {
      await new Promise<void>((resolve) => {
        const listener = this.onDidChange(() => {
          listener.dispose();
          resolve();
        });
      });
    }
    return this.client;
  }

  /** Starts the server afresh because the user says so. */
  async restart(): Promise<void> {
    this.#backoff.forget();
    await this.start();
  }

  async #run(command: readonly string[], where: string, signal: AbortSignal): Promise<void> {
    const [program = "", ...words] = command;
    const args = [...words, "lsp"];
    this.#log.info(`starting ${[program, ...args].join(" ")} (${where})`);
    this.#set({ kind: "starting", where });
    const client = new QuietClient(
      "unsorry",
      "Unsorry",
      { command: program, args },
      {
        documentSelector: selector(),
        outputChannel: this.#log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        middleware: this.#middleware,
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => {
            // Not before the client has seen to the end of its connection.
            setImmediate(() => void this.#again(signal));
            return { action: CloseAction.DoNotRestart, handled: true };
          },
        },
      },
    );
    client.registerFeature(new OurFeature());
    for (const method of ["unsorry/status", "unsorry/search"]) {
      client.onNotification(method, (params: unknown) => {
        this.#notified.fire({ method, params });
      });
    }
    this.#client = client;
    try {
      await client.start();
    } catch (error) {
      this.#log.error(String(error));
      await this.#again(signal);
      return;
    }
    if (isOver(signal) || this.#client !== client) return;
    this.#set({ kind: "running", where });
  }

  /** The server ended by itself: it is started again, later each time, and not for ever. */
  async #again(begun: AbortSignal): Promise<void> {
    // It was meant to end, or its end was noticed before.
    if (isOver(begun)) return;
    const signal = this.#anew();
    await this.#end();
    const seconds = this.#backoff.next(Date.now());
    if (seconds === undefined) {
      const why = "The Unsorry server has ended too often by itself and is not started again.";
      this.#log.error(why);
      this.#set({ kind: "failed", why });
      return;
    }
    this.#log.error(`the server ended by itself; it is started again in ${String(seconds)} s`);
    this.#set({ kind: "waiting", seconds });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (!isOver(signal)) await this.start();
  }

  #anew(): AbortSignal {
    this.#wish.abort();
    this.#wish = new AbortController();
    return this.#wish.signal;
  }

  async #end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    try {
      await client.dispose();
    } catch (error) {
      this.#log.info(`the server did not end as it should: ${String(error)}`);
    }
  }

  /** Stops the server. */
  async stop(): Promise<void> {
    this.#anew();
    await this.#end();
    this.#set({ kind: "off" });
  }

  dispose(): void {
    this.#anew();
    void this.#end();
    this.#changed.dispose();
    this.#notified.dispose();
  }
}
