// Where the picture of a search has its goals and steps: layers by depth, as Sugiyama, Tagawa and Toda draw them (1981),
// with the order within a layer by the mean of the neighbours' places.

import type { Graph, GraphNode, GraphStep } from "../protocol.ts";

/** Distances, in pixels. */
export const COLUMN = 92;
export const LINE = 28;
const MARGIN = 26;

/** How often the order of the layers is looked at, up and down. */
const SWEEPS = 4;

export interface PlacedNode {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
}

/** A step as lines: from its goal to a joint, and from there to each goal that it leaves.  None are left where it closes. */
export interface PlacedStep {
  readonly step: GraphStep;
  readonly from: PlacedNode;
  readonly joint: { readonly x: number; readonly y: number };
  readonly to: readonly PlacedNode[];
}

export interface Picture {
  readonly nodes: readonly PlacedNode[];
  readonly steps: readonly PlacedStep[];
  readonly width: number;
  readonly height: number;
}

/** Places a graph: depth to the right.  Steps whose goals are left out have none of them. */
export function layout(graph: Graph): Picture {
  const layers = layersOf(graph.nodes);
  const neighbours = neighboursOf(graph);
  const rank = new Map<number, number>();
  const note = (layer: readonly GraphNode[]): void => {
    layer.forEach((node, index) => rank.set(node.id, index - (layer.length - 1) / 2));
  };
  layers.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 === 0 ? layers : [...layers].reverse()) {
      // A goal without neighbours keeps its place.
      const wanted = new Map(layer.map((node) => [node.id, mean(neighbours.get(node.id) ?? [], rank) ?? rank.get(node.id) ?? 0]));
      layer.sort((one, other) => (wanted.get(one.id) ?? 0) - (wanted.get(other.id) ?? 0));
      note(layer);
    }
  }
  const tallest = Math.max(1, ...layers.map((layer) => layer.length));
  const middle = MARGIN + ((tallest - 1) * LINE) / 2;
  const placed = new Map<number, PlacedNode>();
  layers.forEach((layer, column) => {
    for (const node of layer) {
      placed.set(node.id, { node, x: MARGIN + column * COLUMN, y: middle + (rank.get(node.id) ?? 0) * LINE });
    }
  });
  const steps: PlacedStep[] = [];
  for (const step of graph.steps) {
    const from = placed.get(step.from);
    if (from === undefined) continue;
    const to = step.to.map((id) => placed.get(id)).filter((node) => node !== undefined);
    const y = to.length === 0 ? from.y : to.reduce((sum, node) => sum + node.y, 0) / to.length;
    steps.push({ step, from, joint: { x: from.x + COLUMN / 3, y: from.y + (y - from.y) / 3 }, to });
  }
  return {
    nodes: [...placed.values()],
    steps,
    width: 2 * MARGIN + Math.max(0, layers.length - 1) * COLUMN,
    height: 2 * MARGIN + (tallest - 1) * LINE,
  };
}

/** The goals by depth, without empty layers between. */
function layersOf(nodes: readonly GraphNode[]): GraphNode[][] {
  const byDepth = new Map<number, GraphNode[]>();
  for (const node of nodes) byDepth.set(node.depth, [...(byDepth.get(node.depth) ?? []), node]);
  return [...byDepth.entries()].sort(([one], [other]) => one - other).map(([, layer]) => layer);
}

function neighboursOf(graph: Graph): Map<number, number[]> {
  const found = new Map<number, number[]>();
  const join = (one: number, other: number): void => {
    found.set(one, [...(found.get(one) ?? []), other]);
  };
  for (const step of graph.steps) {
    for (const target of step.to) {
      join(step.from, target);
      join(target, step.from);
    }
  }
  return found;
}

function mean(ids: readonly number[], rank: ReadonlyMap<number, number>): number | undefined {
  const known = ids.map((id) => rank.get(id)).filter((place) => place !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, place) => sum + place, 0) / known.length;
}

export type Key = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** Where an arrow key leads: left and right along steps, up and down within a layer. */
export function neighbour(picture: Picture, id: number, key: Key): number {
  const here = picture.nodes.find((placed) => placed.node.id === id);
  if (here === undefined) return picture.nodes[0]?.node.id ?? id;
  const column = picture.nodes.filter((placed) => placed.x === here.x).sort((one, other) => one.y - other.y);
  const at = column.indexOf(here);
  const nearest = (candidates: readonly PlacedNode[]): number =>
    candidates.reduce<PlacedNode | undefined>(
      (best, placed) => (best === undefined || Math.abs(placed.y - here.y) < Math.abs(best.y - here.y) ? placed : best),
      undefined,
    )?.node.id ?? id;
  switch (key) {
    case "ArrowUp":
      return (column[at - 1] ?? here).node.id;
    case "ArrowDown":
      return (column[at + 1] ?? here).node.id;
    case "ArrowRight":
      return nearest(picture.steps.filter((step) => step.from === here).flatMap((step) => step.to));
    case "ArrowLeft":
      return nearest(picture.steps.filter((step) => step.to.includes(here)).map((step) => step.from));
    case "Home":
      return picture.nodes[0]?.node.id ?? id;
    case "End":
      return picture.nodes.at(-1)?.node.id ?? id;
  }
}
