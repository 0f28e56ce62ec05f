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

/** Sets what no other extension cares for, as long as none does: one may be installed later, or wait for the folder's trust. */
export class Languages implements vscode.Disposable {
  readonly #own: string;
  readonly #set = new Map<string, vscode.Disposable>();
  readonly #listener: vscode.Disposable;

  /** `own` is the extension's name. */
  constructor(own: string) {
    this.#own = own;
    this.#listener = vscode.extensions.onDidChange(() => {
      this.#look();
    });
    this.#look();
  }

  #look(): void {
    const taken = new Set(
      vscode.extensions.all
        .filter((extension) => extension.id !== this.#own)
        .flatMap((extension) => (extension.packageJSON as Manifest).contributes?.languages ?? [])
        .filter(({ configuration }) => configuration !== undefined)
        .map(({ id }) => id),
    );
    for (const [language, configuration] of Object.entries(CONFIGURATIONS)) {
      const set = this.#set.get(language);
      if (taken.has(language)) {
        set?.dispose();
        this.#set.delete(language);
      } else if (set === undefined) {
        this.#set.set(language, vscode.languages.setLanguageConfiguration(language, configuration));
      }
    }
  }

  dispose(): void {
    this.#listener.dispose();
    for (const set of this.#set.values()) set.dispose();
  }
}
