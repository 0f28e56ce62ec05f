import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { before, test, type TestContext } from "node:test";

import { environment, install, pythonCommands, type Installation } from "../../src/server/environment.ts";
import { version } from "../../src/server/finding.ts";

let wheel = "";
let wheels = "";

// A wheel of a package that says its version and needs nothing: pip installs it without any network.
before(async () => {
  wheels = await mkdtemp(path.join(os.tmpdir(), "unsorry-wheel-"));
  const info = path.join(wheels, "content", "unsorry-9.8.7.dist-info");
  await mkdir(path.join(wheels, "content", "unsorry"), { recursive: true });
  await mkdir(info);
  await writeFile(path.join(wheels, "content", "unsorry", "__main__.py"), "print('unsorry 9.8.7')\n");
  await writeFile(path.join(info, "METADATA"), "Metadata-Version: 2.1\nName: unsorry\nVersion: 9.8.7\n");
  await writeFile(path.join(info, "WHEEL"), "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  await writeFile(path.join(info, "RECORD"), "");
  wheel = path.join(wheels, "unsorry-9.8.7-py3-none-any.whl");
  execFileSync("python3", ["-m", "zipfile", "-c", wheel, "unsorry", "unsorry-9.8.7.dist-info"], {
    cwd: path.join(wheels, "content"),
  });
});

async function work(t: TestContext, changes: Partial<Installation> = {}): Promise<Installation & { readonly said: string[] }> {
  const storage = await mkdtemp(path.join(os.tmpdir(), "unsorry-storage-"));
  t.after(async () => {
    await rm(storage, { recursive: true });
  });
  const said: string[] = [];
  return {
    storage,
    source: { name: "unsorry", ways: [[wheel]], key: "k1" },
    pythons: pythonCommands(undefined, false),
    windows: false,
    signal: new AbortController().signal,
    say: (step) => said.push(step),
    log: () => undefined,
    said,
    ...changes,
  };
}

async function fakePython(t: TestContext, script: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "unsorry-python-"));
  t.after(async () => {
    await rm(folder, { recursive: true });
  });
  const file = path.join(folder, "python3");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

test("what was installed is found and runs, and the environment before it goes", { timeout: 120_000 }, async (t) => {
  const wanted = await work(t);
  const old = path.join(wanted.storage, "environment-000000000000001");
  await mkdir(old);
  await writeFile(path.join(old, "complete"), "");
  const result = await install(wanted);
  assert.deepEqual({ ...result, python: "" }, { kind: "installed", python: "", version: "9.8.7" });
  const own = await environment(wanted.storage, false);
  assert.deepEqual(own, { python: result.kind === "installed" ? result.python : "", key: "k1" });
  assert.equal((await version([own.python, "-m", "unsorry"])).version, "9.8.7");
  assert.equal((await readdir(wanted.storage)).length, 1);
  assert.deepEqual(wanted.said, ["looking for Python", "making a virtual environment", "installing unsorry"]);
});

test("pip's last lines are told, and the environment before stays", { timeout: 120_000 }, async (t) => {
  const wanted = await work(t, { source: { name: "unsorry", ways: [["/no/such/unsorry.whl"]], key: "" } });
  const old = path.join(wanted.storage, "environment-000000000000001");
  await mkdir(old);
  await writeFile(path.join(old, "complete"), "");
  const result = await install(wanted);
  assert.match(result.kind === "failed" ? result.why : "", /pip could not install unsorry.*unsorry\.whl.*does not exist/s);
  assert.deepEqual(await readdir(wanted.storage), [path.basename(old)]);
});

test("what can't be had in one way is had in the next", { timeout: 120_000 }, async (t) => {
  const wanted = await work(t, { source: { name: "unsorry", ways: [["/no/such/unsorry.whl"], [wheel]], key: "" } });
  assert.equal((await install(wanted)).kind, "installed");
});

test("whoever cancels leaves nothing behind", { timeout: 120_000 }, async (t) => {
  const stop = new AbortController();
  const wanted = await work(t, {
    signal: stop.signal,
    say: (step) => {
      if (step.startsWith("installing")) stop.abort();
    },
  });
  assert.deepEqual(await install(wanted), { kind: "cancelled" });
  assert.deepEqual(await readdir(wanted.storage), []);
});

test("an environment that was not completed is none", async (t) => {
  const { storage } = await work(t);
  await mkdir(path.join(storage, "environment-000000000000001"));
  assert.equal(await environment(storage, false), undefined);
});

test("no Python at all", async (t) => {
  const result = await install(await work(t, { pythons: [["/no/such/python"]] }));
  assert.match(result.kind === "failed" ? result.why : "", /3\.11 or newer, and no Python was found/);
});

test("a Python that is too old is named with its version", async (t) => {
  const old = await fakePython(t, "echo python 3 9 2; echo complete");
  const result = await install(await work(t, { pythons: [[old]] }));
  assert.match(result.kind === "failed" ? result.why : "", /python3 \(3\.9\.2\) is too old/);
});

test("a Python without venv says how to get it", async (t) => {
  const bare = await fakePython(t, "echo python 3 12 1; exit 1");
  const result = await install(await work(t, { pythons: [[bare]] }));
  assert.match(result.kind === "failed" ? result.why : "", /\(3\.12\.1\) lacks the module venv.*python3-venv/);
});
