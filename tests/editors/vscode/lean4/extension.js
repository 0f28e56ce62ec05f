import * as vscode from "vscode";

export function activate(context) {
  const item = vscode.window.createStatusBarItem("lean4.status", vscode.StatusBarAlignment.Left, 11);
  item.name = item.text = "Lean";
  item.show();
  const isActive = (active) => vscode.commands.executeCommand("setContext", "lean4.input.isActive", active);
  context.subscriptions.push(
    item,
    vscode.commands.registerCommand("lean4.input.begin", () => isActive(true)),
    vscode.commands.registerTextEditorCommand("lean4.input.convert", (editor, edit) => {
      edit.insert(editor.document.lineAt(editor.document.lineCount - 1).range.end, "-- converted\n");
      return isActive(false);
    }),
  );
}
