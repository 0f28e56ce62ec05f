// Brackets and comments for Lean and Isabelle, where no extension for them is installed.

import * as vscode from "vscode";

const BRACKETS: vscode.CharacterPair[] = [
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
  ["⟨", "⟩"],
  ["‹", "›"],
];

const CONFIGURATIONS: Readonly<Record<string, vscode.LanguageConfiguration>> = {
  lean4: { comments: { lineComment: "--", blockComment: ["/-", "-/"] }, brackets: BRACKETS },
  isabelle: { comments: { blockComment: ["(*", "*)"] }, brackets: BRACKETS },
};

interface Manifest {
  readonly contributes?: { readonly languages?: readonly { readonly id: string; readonly configuration?: string }[] };
}

/** Sets what no other extension cares for. */
export function configureLanguages(own: string): vscode.Disposable[] {
  const taken = new Set(
    vscode.extensions.all
      .filter((extension) => extension.id !== own)
      .flatMap((extension) => (extension.packageJSON as Manifest).contributes?.languages ?? [])
      .filter(({ configuration }) => configuration !== undefined)
      .map(({ id }) => id),
  );
  return Object.entries(CONFIGURATIONS)
    .filter(([language]) => !taken.has(language))
    .map(([language, configuration]) => vscode.languages.setLanguageConfiguration(language, configuration));
}
