// The Python that the user has selected for this workspace.

import * as vscode from "vscode";

interface PythonApi {
  readonly environments?: { getActiveEnvironmentPath(): { readonly path: string } };
}

/** What the Python extension says, if it is there, or its setting; undefined where neither knows. */
export async function selectedPython(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (extension === undefined) return undefined;
  try {
    const found = (await extension.activate()).environments?.getActiveEnvironmentPath().path;
    if (found !== undefined && found !== "") return found;
  } catch {
    // It has troubles of its own.
  }
  const configured = vscode.workspace.getConfiguration("python").get<string>("defaultInterpreterPath", "python");
  return configured === "python" ? undefined : configured;
}
