// The editor that the user is at.

import * as vscode from "vscode";

import { isOurs } from "./documents.ts";

/** The active one; where that is no text, as the first steps, or nothing, as after a page over the text was closed: the only one of ours in sight. */
export function activeEditor(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  if (activeTextEditor !== undefined) return activeTextEditor;
  const ours = visibleTextEditors.filter(({ document }) => isOurs(document));
  return ours.length === 1 ? ours[0] : undefined;
}
