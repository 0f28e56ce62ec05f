import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../src/server/backoff.ts";

const MINUTE = 60_000;

test("each wait is twice the one before, up to a limit, and then it is enough", () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 8 }, (_, index) => backoff.next(index));
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, undefined, undefined]);
});

test("a server that ran for long begins anew", () => {
  const backoff = new Backoff();
  backoff.next(0);
  backoff.next(1);
  assert.equal(backoff.next(10 * MINUTE), 1);
});

test("who starts it by hand begins anew, also when it was enough", () => {
  const backoff = new Backoff();
  for (let index = 0; index < 8; index += 1) backoff.next(index);
  backoff.forget();
  assert.equal(backoff.next(9), 1);
});
