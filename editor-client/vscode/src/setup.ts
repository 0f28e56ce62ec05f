// Brings the server where there is none: asks first, and says what went wrong.

import os from "node:os";

import * as vscode from "vscode";

import { bundleIn, sourceOf } from "./server/bundle.ts";
import type { Connection, Found } from "./server/connection.ts";
import { environment, install, pythonCommands } from "./server/environment.ts";
import { find } from "./server/finding.ts";
import { selectedPython } from "./python.ts";

const WINDOWS = process.platform === "win32";
const PATH_SETTING = "unsorry.server.path";
const SOURCE_SETTING = "unsorry.install.source";

export class Setup {
  readonly #log: vscode.LogOutputChannel;
  readonly #storage: string;
  readonly #bundle: string;
  #offered = false;
  #installing = false;
  #outdated = false;

  /** `storage` is a folder of the extension's own, `bundle` the one that may have the server in it. */
  constructor(log: vscode.LogOutputChannel, storage: string, bundle: string) {
    this.#log = log;
    this.#storage = storage;
    this.#bundle = bundle;
  }

  /** Looks for the server. */
  async find(signal: AbortSignal): Promise<Found> {
    const own = await environment(this.#storage, WINDOWS);
    const found = await find(
      {
        setting: setting("server.path"),
        privatePython: own?.python,
        folders: (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
        selectedPython: await selectedPython(),
        home: os.homedir(),
        windows: WINDOWS,
      },
      signal,
    );
    switch (found.kind) {
      case "found":
        this.#outdated =
          own !== undefined &&
          own.key !== "" &&
          found.candidate.command[0] === own.python &&
          own.key !== (await bundleIn(this.#bundle))?.key;
        return { kind: "found", command: found.candidate.command, where: `${found.version}, ${found.candidate.where}` };
      case "broken":
        return { kind: "missing", why: found.why };
      case "none":
        return { kind: "missing", why: "The Unsorry server is not installed on this machine, or was not found." };
    }
  }

  /** Offers to install the server, once for each window unless the user has asked for something that needs it. */
  async offer(connection: Connection, why: string, asked: boolean): Promise<void> {
    if (this.#installing || (this.#offered && !asked)) return;
    this.#offered = true;
    if (setting("server.path") !== "") {
      const chosen = await vscode.window.showErrorMessage(why, "Open Setting", "Show Output");
      if (chosen === "Open Setting") await vscode.commands.executeCommand("workbench.action.openSettings", PATH_SETTING);
      if (chosen === "Show Output") this.#log.show();
      return;
    }
    const chosen = await vscode.window.showWarningMessage(
      `${why} Shall it be installed in an environment of its own? Nothing else on your machine is changed.`,
      "Install",
      "Choose the Program…",
    );
    if (chosen === "Install") await this.install(connection);
    if (chosen === "Choose the Program…") await this.#chooseProgram();
  }

  /** Offers the extension's server where one that came with another version of the extension runs, once for each window. */
  async offerUpdate(connection: Connection): Promise<void> {
    if (!this.#outdated || this.#installing || this.#offered) return;
    this.#offered = true;
    const words = "This version of the extension came with another Unsorry server than the one that is installed.";
    if ((await vscode.window.showInformationMessage(words, "Install It")) !== undefined) await this.install(connection);
  }

  async #chooseProgram(): Promise<void> {
    const [file] = (await vscode.window.showOpenDialog({ title: "The program unsorry, or a Python that has it" })) ?? [];
    if (file === undefined) return;
    await vscode.workspace.getConfiguration().update(PATH_SETTING, file.fsPath, vscode.ConfigurationTarget.Global);
  }

  /** Makes a private environment with the server in it, and starts it. */
  async install(connection: Connection): Promise<void> {
    if (this.#installing) return;
    if (!vscode.workspace.isTrusted) {
      await vscode.commands.executeCommand("workbench.trust.manage");
      return;
    }
    const source = sourceOf(setting("install.source"), await bundleIn(this.#bundle));
    if (source === undefined) {
      const words = "This build of the extension has no server in it. Say in the settings what is to be installed, or where the server is.";
      const chosen = await vscode.window.showErrorMessage(words, "Open Setting");
      if (chosen !== undefined) await vscode.commands.executeCommand("workbench.action.openSettings", SOURCE_SETTING);
      return;
    }
    this.#installing = true;
    try {
      const options = { location: vscode.ProgressLocation.Notification, title: "Unsorry", cancellable: true };
      const result = await vscode.window.withProgress(options, async (progress, token) => {
        const stop = new AbortController();
        token.onCancellationRequested(() => {
          stop.abort();
        });
        return await install({
          storage: this.#storage,
          source,
          pythons: pythonCommands(await selectedPython(), WINDOWS),
          windows: WINDOWS,
          signal: stop.signal,
          say: (message) => {
            progress.report({ message });
          },
          log: (text) => {
            for (const line of text.trimEnd().split(/\r?\n/)) this.#log.info(line);
          },
        });
      });
      switch (result.kind) {
        case "installed":
          await connection.restart();
          if (connection.state.kind === "running") {
            void vscode.window.showInformationMessage(`Unsorry ${result.version} is installed and running.`);
          }
          return;
        case "cancelled":
          void vscode.window.showInformationMessage("The installation was cancelled; nothing is left of it.");
          return;
        case "failed":
          this.#log.error(result.why);
          break;
      }
      void this.#complain(connection, result.why);
    } finally {
      this.#installing = false;
    }
  }

  async #complain(connection: Connection, why: string): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(why, "Show Log", "Try Again");
    if (chosen === "Show Log") this.#log.show();
    if (chosen === "Try Again") await this.install(connection);
  }
}

function setting(key: string): string {
  return vscode.workspace.getConfiguration("unsorry").get<string>(key, "").trim();
}
