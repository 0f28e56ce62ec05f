// Asks which model is to be asked for candidates.

import * as vscode from "vscode";

import { addressProblem, knownModels, settingsFor, type Choice } from "./models.ts";
import type { Connection } from "./server/connection.ts";
import { run } from "./server/processes.ts";

const LIST_SECONDS = 60;

interface Entry extends vscode.QuickPickItem {
  readonly choose?: () => Promise<Choice | undefined>;
}

export async function chooseModel(connection: Connection): Promise<void> {
  const entries: Entry[] = [
    { label: "$(circle-slash) No model", description: "rules, and what was learned", choose: () => Promise.resolve({ kind: "none" }) },
    { label: "$(server) A model behind an OpenAI-compatible endpoint…", description: "Ollama, llama.cpp, LM Studio, vLLM", choose: askEndpoint },
    { label: "$(folder) A model in a folder…", choose: askFolder },
    ...(await listed(connection)),
  ];
  const chosen = await vscode.window.showQuickPick(entries, {
    title: "Who is asked for candidates beside the rules?",
    placeHolder: "Whatever a model proposes, the prover checks it.",
  });
  const choice = await chosen?.choose?.();
  if (choice === undefined) return;
  const configuration = vscode.workspace.getConfiguration("unsorry");
  for (const [key, value] of Object.entries(settingsFor(choice, configuration.get<string[]>("suggest.use", [])))) {
    const set = configuration.inspect(key);
    const target = set?.workspaceValue === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
    await configuration.update(key, value, target);
  }
}

/** The models that are on this machine. */
async function listed(connection: Connection): Promise<Entry[]> {
  const { command } = connection;
  if (command === undefined) return [];
  const { code, output } = await run([...command, "models", "--json"], { timeoutSeconds: LIST_SECONDS });
  const models = code === 0 ? knownModels(output) : [];
  return models.map(({ name, bytes }) => ({
    label: `$(chip) ${name}`,
    description: `on this machine, ${String(Math.round(bytes / 1e6))} MB`,
    choose: () => Promise.resolve({ kind: "local", model: name }),
  }));
}

async function askEndpoint(): Promise<Choice | undefined> {
  const configuration = vscode.workspace.getConfiguration("unsorry");
  const address = await vscode.window.showInputBox({
    title: "The endpoint's address",
    value: configuration.get<string>("http.address", "") || "http://127.0.0.1:11434/v1",
    validateInput: addressProblem,
  });
  if (address === undefined) return undefined;
  const model = await vscode.window.showInputBox({
    title: "The model's name at that endpoint",
    value: configuration.get<string>("http.model", ""),
    validateInput: (name) => (name.trim() === "" ? "A name is needed." : undefined),
  });
  return model === undefined ? undefined : { kind: "endpoint", address, model: model.trim() };
}

async function askFolder(): Promise<Choice | undefined> {
  const [folder] = (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title: "A model's folder" })) ?? [];
  return folder === undefined ? undefined : { kind: "local", model: folder.fsPath };
}
