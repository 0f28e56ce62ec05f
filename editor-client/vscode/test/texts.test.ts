import assert from "node:assert/strict";
import { test } from "node:test";

import { isOurs } from "../src/documents.ts";
import { goesOn, isHoleWord, preview } from "../src/ghostText.ts";
import { addressProblem, knownModels, settingsFor } from "../src/models.ts";
import { failureWords, isProved, provedWords } from "../src/outcomes.ts";
import { forServer } from "../src/settings.ts";

test("the server gets what somebody has set, the strongest of it, and no defaults", () => {
  const inspected: Record<string, object> = {
    "prove.budget": { defaultValue: 10 },
    "prove.jobs": { defaultValue: 1, globalValue: 2, workspaceValue: 4 },
    "lean.embeddedOnly": { defaultValue: false, globalValue: true, workspaceFolderValue: false },
  };
  assert.deepEqual(
    forServer([...Object.keys(inspected), "no.such"], (key) => inspected[key]),
    { "prove.jobs": 4, "lean.embeddedOnly": false },
  );
});

test("documents are ours by language or by ending", () => {
  const document = (languageId: string, path: string, scheme = "file"): Parameters<typeof isOurs>[0] => ({
    languageId,
    uri: { scheme, path },
  });
  assert(isOurs(document("lean4", "/A.lean")));
  assert(isOurs(document("plaintext", "/A.thy")));
  assert(isOurs(document("isabelle", "/Untitled-1", "untitled")));
  assert(!isOurs(document("markdown", "/A.md")));
  assert(!isOurs(document("lean4", "/A.lean", "git")));
});

test("the editor shows by itself only what goes on from what stands there", () => {
  assert(goesOn("", "omega"));
  assert(goesOn("om", "omega"));
  assert(!goesOn("sorry", "omega"));
});

test("holes are whole words", () => {
  assert(isHoleWord("sorry") && isHoleWord("admit"));
  assert(!isHoleWord("sorry'") && !isHoleWord("my_sorry"));
});

test("a preview is one line, and not too long", () => {
  assert.equal(preview("induction xs\n  · simp\n\n  · omega"), "induction xs ⏎ · simp ⏎ · omega");
  assert.equal(preview("x".repeat(500)).length, 120);
});

test("what a command that proves holes came to", () => {
  const words = (proved: number, open: number, applied = true): string => provedWords({ proved, open, applied });
  assert.equal(words(0, 0), "There are no holes.");
  assert.equal(words(0, 1, false), "None of 1 hole could be proved.");
  assert.equal(words(2, 0), "2 holes proved; none is left.");
  assert.equal(words(1, 3), "1 hole proved; 3 left.");
  assert.equal(words(1, 3, false), "1 hole can be proved, but the edit was not made.");
  assert(isProved({ proved: 1, open: 0, applied: true }));
  assert(!isProved({ commands: 1 }) && !isProved(null));
});

test("a user who cancels hears nothing of it", () => {
  assert.equal(failureWords({ code: -32800, message: "cancelled" }), undefined);
  assert.match(failureWords({ code: -32801 }) ?? "", /has changed/);
  assert.equal(failureWords(new Error("There is no hole at this place.")), "There is no hole at this place.");
});

test("choosing a model keeps the other sources", () => {
  assert.deepEqual(settingsFor({ kind: "local", model: "a/b" }, ["rules", "http"]), {
    "transformers.model": "a/b",
    "transformers.preset": "",
    "suggest.use": ["rules", "transformers"],
  });
  assert.deepEqual(settingsFor({ kind: "endpoint", address: "http://x/v1", model: "m" }, ["rules", "neighbours"]), {
    "http.address": "http://x/v1",
    "http.model": "m",
    "http.preset": "",
    "suggest.use": ["rules", "neighbours", "http"],
  });
  assert.deepEqual(settingsFor({ kind: "none" }, ["http"]), { "suggest.use": ["rules", "neighbours"] });
});

test("the models of this machine, as the program lists them", () => {
  assert.deepEqual(knownModels('{"local": {"cached": [{"name": "a/b", "bytes": 5}, {"name": 3}]}}'), [{ name: "a/b", bytes: 5 }]);
  assert.deepEqual(knownModels("no JSON"), []);
});

test("an address is one of HTTP", () => {
  assert.equal(addressProblem("http://127.0.0.1:11434/v1"), undefined);
  assert.match(addressProblem("localhost") ?? "", /like http/);
  assert.match(addressProblem("ftp://x") ?? "", /begins with/);
});
