import assert from "node:assert/strict";
import { test } from "node:test";

import { COLUMN, layout, LINE, neighbour, type Picture } from "../../src/panel/graph.ts";
import type { Graph, GraphNode, GraphStep } from "../../src/protocol.ts";

const node = (id: number, depth: number): GraphNode => ({ id, depth, goals: [`⊢ ${String(id)}`], state: "open" });
const step = (from: number, ...to: number[]): GraphStep => ({ from, to, text: "constructor" });
const graph = (nodes: readonly GraphNode[], steps: readonly GraphStep[]): Graph => ({ nodes, steps, left_out: 0 });

function at(picture: Picture, id: number): { readonly x: number; readonly y: number } {
  const found = picture.nodes.find((placed) => placed.node.id === id);
  assert(found !== undefined);
  return found;
}

/** How many pairs of lines between two layers cross. */
function crossings(picture: Picture): number {
  const lines = picture.steps.flatMap(({ from, to }) => to.map((target) => ({ x: from.x, a: from.y, b: target.y })));
  let count = 0;
  lines.forEach((one, index) => {
    for (const other of lines.slice(index + 1)) {
      if (one.x === other.x && (one.a - other.a) * (one.b - other.b) < 0) count += 1;
    }
  });
  return count;
}

test("goals stand in columns by depth, without gaps", () => {
  const picture = layout(graph([node(0, 0), node(1, 1), node(2, 4)], [step(0, 1), step(1, 2)]));
  assert.deepEqual([at(picture, 1).x - at(picture, 0).x, at(picture, 2).x - at(picture, 1).x], [COLUMN, COLUMN]);
});

test("no two goals are at one place, and all are inside", () => {
  const nodes = Array.from({ length: 60 }, (_, id) => node(id, Math.floor(Math.sqrt(id))));
  const steps = nodes.slice(1).map(({ id }) => step(Math.floor((id - 1) / 3), id));
  const picture = layout(graph(nodes, steps));
  const places = new Set(picture.nodes.map(({ x, y }) => `${String(x)} ${String(y)}`));
  assert.equal(places.size, nodes.length);
  for (const { x, y } of picture.nodes) assert(x > 0 && x < picture.width && y > 0 && y < picture.height);
});

test("goals of one column keep their distance", () => {
  const picture = layout(graph([node(0, 0), node(1, 1), node(2, 1), node(3, 1)], [step(0, 1, 2, 3)]));
  const heights = [1, 2, 3].map((id) => at(picture, id).y).sort((one, other) => one - other);
  assert.deepEqual(heights.slice(1).map((y, index) => y - (heights[index] ?? 0)), [LINE, LINE]);
});

test("a column is ordered by what its goals come from", () => {
  const nodes = [node(0, 0), node(1, 1), node(2, 1), node(3, 2), node(4, 2)];
  assert.equal(crossings(layout(graph(nodes, [step(0, 1, 2), step(1, 4), step(2, 3)]))), 0);
});

test("a step that closes its goal has no end, and one whose goal is left out is not drawn further", () => {
  const picture = layout(graph([node(0, 0)], [step(0), step(0, 99), step(98, 0)]));
  assert.deepEqual(picture.steps.map(({ to }) => to.length), [0, 0]);
});

test("nothing to draw", () => {
  assert.deepEqual(layout(graph([], [])).nodes, []);
});

test("arrow keys go along steps and within a column", () => {
  const picture = layout(graph([node(0, 0), node(1, 1), node(2, 1), node(3, 2)], [step(0, 1, 2), step(2, 3)]));
  const [upper = 0, lower = 0] = [1, 2].sort((one, other) => at(picture, one).y - at(picture, other).y);
  assert.equal(neighbour(picture, upper, "ArrowDown"), lower);
  assert.equal(neighbour(picture, lower, "ArrowUp"), upper);
  assert.equal(neighbour(picture, upper, "ArrowUp"), upper);
  assert.equal(neighbour(picture, 3, "ArrowLeft"), 2);
  assert.equal(neighbour(picture, 2, "ArrowRight"), 3);
  assert.equal(neighbour(picture, 3, "ArrowRight"), 3);
  assert.equal(neighbour(picture, 3, "Home"), 0);
  assert.equal(neighbour(picture, 99, "ArrowUp"), 0);
});
