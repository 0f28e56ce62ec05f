import assert from "node:assert/strict";
import { test } from "node:test";

import type { ProjectStatus, Status, TextStatus } from "../src/protocol.ts";
import { holes, projectOf, shown } from "../src/statusText.ts";

const RUNNING = { kind: "running", where: "the PATH" } as const;
const HERE = { uri: "file:///proofs/A.lean", path: "/proofs/A.lean" };

function project(root: string | null, changes: Partial<ProjectStatus> = {}): ProjectStatus {
  const prover = { name: "Lean", version: "4.28.0, commit abc", origin: "embedded Lean" };
  return { root, prover, model: null, trouble: null, working: false, ...changes };
}

function text(changes: Partial<TextStatus> = {}): TextStatus {
  return { uri: HERE.uri, phase: "idle", failure: null, counts: { total: 3, proved: 1, open: 1, left: 1 }, ...changes };
}

function status(projects: readonly ProjectStatus[], texts: readonly TextStatus[] = []): Status {
  return { projects, texts, troubles: [] };
}

test("an idle document: prover, and the holes that are left", () => {
  const { text: line, tooltip, warning } = shown(RUNNING, status([project("/proofs")], [text()]), HERE);
  assert.equal(line, "$(check) Lean · 3 holes, 1 ready");
  assert.match(tooltip, /Lean 4\.28\.0 \(embedded Lean\)/);
  assert.match(tooltip, /1 with a proof ready, 1 searched in vain, 1 to come/);
  assert.equal(warning, false);
});

test("a document that is worked on turns", () => {
  assert.match(shown(RUNNING, status([project("/proofs")], [text({ phase: "searching" })]), HERE).text, /^\$\(loading~spin\) /);
});

test("nothing is said of holes before the document has been read", () => {
  const unread = text({ phase: "reading", counts: { total: 0, proved: 0, open: 0, left: 0 } });
  assert.equal(shown(RUNNING, status([project("/proofs")], [unread]), HERE).text, "$(loading~spin) Lean");
});

test("the model is named without where it comes from", () => {
  const model = project("/proofs", { model: "/models/kaiyuy/leandojo-small/" });
  assert.match(shown(RUNNING, status([model], [text()]), HERE).text, /Lean · leandojo-small · 3 holes/);
});

test("trouble is shown, and the failure of the document before it", () => {
  const project_ = project("/proofs", { trouble: "the model does not answer" });
  const troubled = shown(RUNNING, status([project_], [text()]), HERE);
  assert.equal(troubled.warning, true);
  assert.match(troubled.tooltip, /the model does not answer/);
  const failed = shown(RUNNING, status([project_], [text({ phase: "failed", failure: "no Lean was found" })]), HERE);
  assert.match(failed.tooltip, /no Lean was found/);
});

test("without a document of ours it says whether anything is being done", () => {
  assert.equal(shown(RUNNING, status([project("/proofs", { working: true })])).text, "$(loading~spin) Unsorry");
  assert.equal(shown(RUNNING, undefined).text, "$(check) Unsorry");
});

for (const [state, words] of [
  [{ kind: "off" }, "Unsorry: stopped"],
  [{ kind: "untrusted" }, "Unsorry: folder not trusted"],
  [{ kind: "looking" }, "Unsorry"],
  [{ kind: "starting", where: "" }, "Unsorry"],
  [{ kind: "missing", why: "it is not there" }, "Unsorry: no server"],
  [{ kind: "waiting", seconds: 4 }, "Unsorry"],
  [{ kind: "failed", why: "it ended too often" }, "Unsorry"],
] as const) {
  test(`a server that is ${state.kind} has its own icon and says why`, () => {
    const { text: line, tooltip, warning } = shown(state, undefined, HERE);
    assert.equal(line.replace(/^\$\([a-z~-]+\) /, ""), words);
    assert.notEqual(tooltip, "");
    assert.equal(warning, ["missing", "waiting", "failed"].includes(state.kind));
  });
}

test("the project around a file, the nearest one, of the right prover", () => {
  const isabelle = project("/proofs", { prover: { name: "Isabelle", version: "", origin: "" } });
  const projects = [project(null), project("/proofs"), project("/proofs/inner"), project("/proofs-too"), isabelle];
  assert.equal(projectOf(projects, "/proofs/inner/A.lean")?.root, "/proofs/inner");
  assert.equal(projectOf(projects, "/proofs/A.lean")?.root, "/proofs");
  assert.equal(projectOf(projects, "/elsewhere/A.lean")?.root, null);
  assert.equal(projectOf(projects, "/proofs/A.thy"), isabelle);
  assert.equal(projectOf([project("c:\\work")], "c:\\work\\A.lean")?.root, "c:\\work");
});

test("holes in words", () => {
  const counts = (total: number, proved: number): string => holes(text({ counts: { total, proved, open: 0, left: 0 } }));
  assert.deepEqual([counts(0, 0), counts(1, 0), counts(2, 2)], ["no holes", "1 hole", "2 holes, 2 ready"]);
});
