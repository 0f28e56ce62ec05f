import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { bundleIn, sourceOf, type Bundle } from "../../src/server/bundle.ts";

const BUNDLE: Bundle = { wheel: "/ext/server/unsorry-1.0-py3-none-any.whl", constraints: "/ext/server/constraints.txt", key: "k" };

test("the wheel in a folder, and none", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "unsorry-bundle-"));
  t.after(async () => {
    await rm(folder, { recursive: true });
  });
  assert.equal(await bundleIn(path.join(folder, "missing")), undefined);
  assert.equal(await bundleIn(folder), undefined);
  const wheel = path.join(folder, "unsorry-1.0-py3-none-any.whl");
  await writeFile(wheel, "one");
  const first = await bundleIn(folder);
  assert.equal(first?.wheel, wheel);
  await writeFile(wheel, "two");
  assert.notEqual((await bundleIn(folder))?.key, first.key);
});

test("the package's name stands for the extension's own server, tried with the tested versions first", () => {
  for (const [setting, extras] of [["unsorry", ""], ["", ""], ["unsorry[local]", "[local]"], ["unsorry [local, keyring]", "[local, keyring]"]] as const) {
    const source = sourceOf(setting, BUNDLE);
    assert.deepEqual(source?.ways.map((way) => way.at(-1)), [`${BUNDLE.wheel}${extras}`, `${BUNDLE.wheel}${extras}`]);
    assert.ok(source.ways[0]?.includes(BUNDLE.constraints));
    assert.ok(!source.ways[1]?.includes(BUNDLE.constraints));
    assert.equal(source.key, "k");
  }
  assert.equal(sourceOf("unsorry", undefined), undefined);
});

test("anything else is pip's, as it is", () => {
  for (const setting of ["/home/me/unsorry", "unsorry==0.2", "unsorry.whl", "git+https://example.org/unsorry"]) {
    assert.deepEqual(sourceOf(setting, BUNDLE), { name: setting, ways: [[setting]], key: "" });
  }
});
