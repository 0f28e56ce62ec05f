import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test, type TestContext } from "node:test";

import { candidates, find, version, type Places } from "../../src/server/finding.ts";

const NOWHERE: Places = {
  setting: "",
  privatePython: undefined,
  folders: [],
  selectedPython: undefined,
  home: "/home/ada",
  windows: false,
};

async function program(t: TestContext, script: string, name = "unsorry"): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "unsorry-"));
  t.after(async () => {
    await rm(folder, { recursive: true });
  });
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

test("the private environment comes before the workspace's, the selected Python and the PATH", () => {
  const places = { ...NOWHERE, privatePython: "/private/bin/python", folders: ["/a", "/b"], selectedPython: "/conda/python" };
  assert.deepEqual(
    candidates(places).map((found) => found.command.join(" ")),
    [
      "/private/bin/python -m unsorry",
      "/a/.venv/bin/python -m unsorry",
      "/b/.venv/bin/python -m unsorry",
      "/conda/python -m unsorry",
      "unsorry",
      "python3 -m unsorry",
    ],
  );
});

test("on Windows an environment keeps its Python elsewhere", () => {
  const commands = candidates({ ...NOWHERE, folders: ["C:\\work"], windows: true }).map((found) => found.command[0] ?? "");
  assert.match(commands[0] ?? "", /\.venv\\Scripts\\python\.exe$/);
  assert.equal(commands.at(-1), "python");
});

for (const [setting, expected] of [
  ["/opt/unsorry", ["/opt/unsorry"]],
  ["/opt/python3.12", ["/opt/python3.12", "-m", "unsorry"]],
  ["~/bin/unsorry", ["/home/ada/bin/unsorry"]],
  ["${workspaceFolder}/tools/unsorry", ["/proofs/tools/unsorry"]],
  ["python", ["python", "-m", "unsorry"]],
] as const) {
  test(`the setting ${setting} is the only candidate`, () => {
    const found = candidates({ ...NOWHERE, setting, folders: ["/proofs"], privatePython: "/private/bin/python" });
    assert.deepEqual(found.map((candidate) => candidate.command), [expected]);
  });
}

test("the version is what the program says", async (t) => {
  assert.equal((await version([await program(t, "echo unsorry 1.2.3")])).version, "1.2.3");
});

test("a program that is something else is none", async (t) => {
  const { version: found, why } = await version([await program(t, "echo 'no such option' >&2; exit 2")]);
  assert.equal(found, undefined);
  assert.equal(why, "no such option");
});

test("what the user has named is not replaced by something else", async (t) => {
  const setting = await program(t, "exit 3");
  const found = await find({ ...NOWHERE, setting, privatePython: await program(t, "echo unsorry 1.0", "python3") });
  assert.match(found.kind === "broken" ? found.why : "", /unsorry\.server\.path.*exit code is 3/);
});

test("places without the program are passed over", async (t) => {
  const selectedPython = await program(t, 'test "$2" = unsorry && echo unsorry 2.0', "python3");
  const found = await find({ ...NOWHERE, privatePython: "/no/such/python", folders: ["/no/such"], selectedPython });
  assert.equal(found.kind === "found" ? found.candidate.where : "", "the selected Python");
});
