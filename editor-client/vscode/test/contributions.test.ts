import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { generated, sections } from "../scripts/contributions.ts";
import { LANGUAGES } from "../src/documents.ts";

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly languages: readonly { readonly configuration?: string }[];
    readonly grammars?: unknown;
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: readonly { readonly properties: Record<string, unknown> }[];
    readonly keybindings: readonly { readonly command: string; readonly key: string; readonly when: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command?: string }[]>>;
    readonly walkthroughs: readonly { readonly steps: readonly { readonly description: string; readonly media: { readonly svg: string } }[] }[];
  };
}

const file = new URL("../package.json", import.meta.url);
const text = readFileSync(file, "utf8");
const manifest = JSON.parse(text) as Manifest;
const known = new Set(manifest.contributes.commands.map(({ command }) => command));

const KEY = { type: "string", default: "", description: "A key." };
const SCHEMA = {
  properties: {
    lean: { properties: { command: KEY, embedded_only: { ...KEY, type: "boolean", default: false } } },
    isabelle: { properties: { command: KEY } },
    http: { properties: { address: KEY, key_variable: KEY } },
    transformers: { properties: { model: KEY } },
    premises: { properties: { model: KEY } },
    setup: { properties: { automatic: KEY } },
    learn: { properties: { enabled: KEY } },
    trust: { properties: { axioms: KEY } },
  },
};

test("keys are spelt as VS Code spells them, and keep all that the schema says", () => {
  const [lean] = sections(SCHEMA);
  assert.equal(lean?.title, "Lean");
  assert.deepEqual(lean.properties["unsorry.lean.embeddedOnly"], {
    scope: "window",
    type: "boolean",
    default: false,
    description: "A key.",
  });
});

test("the extension's own settings stay, and what a folder could misuse is restricted", () => {
  const made = JSON.parse(generated(text, JSON.stringify(SCHEMA))) as Manifest;
  assert.deepEqual(made.contributes.configuration[0], manifest.contributes.configuration[0]);
  assert.equal(made.contributes.configuration.length, 9);
  for (const name of ["unsorry.server.path", "unsorry.install.source", "unsorry.lean.command", "unsorry.http.keyVariable"]) {
    assert(made.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(name), name);
  }
  assert(!made.capabilities.untrustedWorkspaces.restrictedConfigurations.includes("unsorry.learn.enabled"));
});

test("a restricted section that is gone is told", () => {
  const properties = { ...SCHEMA.properties, trust: undefined };
  assert.throws(() => generated(text, JSON.stringify({ properties })), /no trust/);
});

test("what keys, menus and the walkthrough name is a command of the extension", () => {
  const named = [
    ...manifest.contributes.keybindings.map(({ command }) => command),
    ...Object.values(manifest.contributes.menus).flatMap((entries) => entries.flatMap(({ command }) => command ?? [])),
    ...manifest.contributes.walkthroughs
      .flatMap(({ steps }) => steps.flatMap(({ description }) => [...description.matchAll(/command:([\w.]+)/g)]))
      .flatMap(([, command]) => command ?? [])
      .filter((command) => command.startsWith("unsorry.")),
  ];
  assert(named.length > 20);
  assert.deepEqual(named.filter((command) => !known.has(command)), []);
});

test("each command is registered somewhere", () => {
  const sources = readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith("menu.ts"))
    .map((name) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8"))
    .join("\n");
  assert.deepEqual([...known].filter((command) => !sources.includes(`"${command}"`)), []);
});

test("each language starts the extension and has its menus", () => {
  assert.deepEqual(manifest.activationEvents, LANGUAGES.map((language) => `onLanguage:${language}`));
  const conditions = text.match(/editorLangId =~ .*?\$\//g) ?? [];
  assert(conditions.length > 10);
  assert.deepEqual([...new Set(conditions)], [`editorLangId =~ /^(${LANGUAGES.join("|")})$/`]);
});

test("no two commands have one key, and the pictures are there", () => {
  const keys = manifest.contributes.keybindings.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
  for (const { steps } of manifest.contributes.walkthroughs) {
    for (const { media } of steps) assert.match(readFileSync(new URL(media.svg, file), "utf8"), /^<svg /);
  }
});

test("a language is left to the extension that is made for it", () => {
  // A second configuration or grammar of a language would take turns with the first.
  assert.equal(manifest.contributes.grammars, undefined);
  assert.deepEqual(manifest.contributes.languages.filter(({ configuration }) => configuration !== undefined), []);
});

test("Tab and Escape are left to whoever else has a use for them just then", () => {
  const when = (key: string): string => manifest.contributes.keybindings.find((binding) => binding.key === key)?.when ?? "";
  const others = ["suggestWidgetVisible", "inlineSuggestionVisible", "inlineEditIsVisible", "inSnippetMode", "vim.active", "neovim.init"];
  for (const key of ["tab", "escape"]) {
    assert.deepEqual(others.filter((other) => !when(key).includes(`!${other}`)), [], key);
  }
  assert(when("tab").includes("!lean4.input.isActive") && when("tab").includes("!editorTabMovesFocus"));
});
