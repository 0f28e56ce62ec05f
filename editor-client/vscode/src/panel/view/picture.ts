// The picture of a search: goals by colour and shape, steps between them.

import type { Graph, NodeState } from "../../protocol.ts";
import { layout, neighbour, type Key, type Picture, type PlacedNode, type PlacedStep } from "../graph.ts";
import { html, svg } from "./dom.ts";

const RADIUS = 9;

const STATE: Readonly<Record<NodeState, string>> = {
  open: "open",
  proved: "proved",
  exhausted: "nothing left to try",
};

export class GraphPicture {
  readonly #drawing: HTMLElement;
  readonly #detail: HTMLElement;
  #graph: Graph | null = null;
  #picture: Picture | undefined;
  #current = 0;

  constructor(drawing: HTMLElement, detail: HTMLElement) {
    this.#drawing = drawing;
    this.#detail = detail;
    drawing.addEventListener("keydown", (event) => {
      this.#press(event);
    });
    drawing.addEventListener("focusin", (event) => {
      this.#at(event.target);
    });
    drawing.addEventListener("click", (event) => {
      this.#at(event.target);
    });
  }

  show(graph: Graph | null): void {
    if (graph === this.#graph) return;
    const hadFocus = this.#drawing.contains(document.activeElement);
    const seen = this.#seen();
    this.#graph = graph;
    this.#drawing.replaceChildren();
    this.#detail.replaceChildren();
    if (graph === null || graph.nodes.length === 0) {
      this.#picture = undefined;
      return;
    }
    const picture = (this.#picture = layout(graph));
    if (!picture.nodes.some((placed) => placed.node.id === this.#current)) this.#current = picture.nodes[0]?.node.id ?? 0;
    this.#drawing.append(
      svg(
        "svg",
        {
          role: "tree",
          "aria-label": `${String(graph.nodes.length)} goals of this search; arrow keys move between them`,
          width: picture.width,
          height: picture.height,
          viewBox: `0 0 ${String(picture.width)} ${String(picture.height)}`,
        },
        ...picture.steps.map(drawStep),
        ...picture.nodes.map((placed) => drawNode(placed, placed.node.id === this.#current)),
      ),
    );
    this.#scroll(seen);
    this.#tell();
    if (hadFocus) this.#element(this.#current)?.focus({ preventScroll: true });
  }

  get #here(): PlacedNode | undefined {
    return this.#picture?.nodes.find((placed) => placed.node.id === this.#current);
  }

  /** Where in the visible part the goal is that the user is on. */
  #seen(): { readonly x: number; readonly y: number } | undefined {
    const here = this.#here;
    return here === undefined ? undefined : { x: here.x - this.#drawing.scrollLeft, y: here.y - this.#drawing.scrollTop };
  }

  /** Keeps that goal where it was seen in a picture that has grown; the first picture has it in the middle of its height. */
  #scroll(seen: { readonly x: number; readonly y: number } | undefined): void {
    const here = this.#here;
    if (here === undefined) return;
    const { x, y } = seen ?? { x: here.x, y: this.#drawing.clientHeight / 2 };
    this.#drawing.scrollTo(here.x - x, here.y - y);
  }

  #element(id: number): SVGGElement | null {
    return this.#drawing.querySelector<SVGGElement>(`[data-id="${String(id)}"]`);
  }

  #at(target: EventTarget | null): void {
    const found = target instanceof Element ? target.closest<SVGGElement>("[data-id]") : null;
    if (found !== null) this.#go(Number(found.dataset["id"]));
  }

  #go(id: number): void {
    this.#element(this.#current)?.setAttribute("tabindex", "-1");
    this.#current = id;
    const element = this.#element(id);
    element?.setAttribute("tabindex", "0");
    if (element !== document.activeElement) element?.focus();
    this.#tell();
  }

  #press(event: KeyboardEvent): void {
    if (this.#picture === undefined || !/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(event.key)) return;
    event.preventDefault();
    this.#go(neighbour(this.#picture, this.#current, event.key as Key));
  }

  /** The goal that the user is on, and what was done there. */
  #tell(): void {
    const node = this.#graph?.nodes.find((one) => one.id === this.#current);
    if (this.#graph === null || node === undefined) return;
    const steps = this.#graph.steps.filter((step) => step.from === node.id);
    const left = this.#graph.left_out;
    this.#detail.replaceChildren(
      html("p", { class: node.state }, `Goal ${String(node.id)}: ${STATE[node.state]}`),
      html("pre", {}, node.goals.join("\n\n")),
      ...(steps.length === 0 ? [] : [html("ul", {}, ...steps.map((step) => html("li", {}, html("code", {}, step.text), after(step.to))))]),
      ...(left === 0 ? [] : [html("p", {}, `${String(left)} further goal${left === 1 ? " is" : "s are"} not in the picture.`)]),
    );
  }
}

function after(to: readonly number[]): string {
  return to.length === 0 ? " closes it" : ` leaves ${to.map((id) => `goal ${String(id)}`).join(", ")}`;
}

function drawStep({ step, from, joint, to }: PlacedStep): SVGElement {
  const lines = to.map((placed) => svg("path", { d: curve(joint, placed) }));
  const stem = svg("path", { d: `M${String(from.x)} ${String(from.y)}L${String(joint.x)} ${String(joint.y)}` });
  const end = to.length === 0 ? svg("path", { class: "end", d: `M${String(joint.x)} ${String(joint.y - 5)}v10` }) : undefined;
  const dot = to.length > 1 ? svg("circle", { class: "joint", cx: joint.x, cy: joint.y, r: 2.5 }) : undefined;
  const extras = [end, dot].filter((extra) => extra !== undefined);
  return svg("g", { class: "step" }, svg("title", {}, step.text), stem, ...lines, ...extras);
}

function curve(from: { readonly x: number; readonly y: number }, to: PlacedNode): string {
  const middle = (from.x + to.x) / 2;
  const [fx, fy, tx, ty, mx] = [from.x, from.y, to.x, to.y, middle].map(String);
  return `M${fx ?? ""} ${fy ?? ""}C${mx ?? ""} ${fy ?? ""} ${mx ?? ""} ${ty ?? ""} ${tx ?? ""} ${ty ?? ""}`;
}

function drawNode({ node, x, y }: PlacedNode, current: boolean): SVGElement {
  return svg(
    "g",
    {
      role: "treeitem",
      tabindex: current ? 0 : -1,
      "data-id": node.id,
      class: `node ${node.state}`,
      transform: `translate(${String(x)} ${String(y)})`,
      "aria-level": node.depth + 1,
      "aria-label": `goal ${String(node.id)}, ${STATE[node.state]}: ${node.goals.join("; ")}`,
    },
    svg("title", {}, node.goals.join("\n\n")),
    ...shape(node.state),
  );
}

/** A circle for what is open, a square with a tick for what is proved, a diamond with a cross for what is given up. */
function shape(state: NodeState): SVGElement[] {
  switch (state) {
    case "open":
      return [svg("circle", { r: RADIUS })];
    case "proved":
      return [
        svg("rect", { x: -RADIUS, y: -RADIUS, width: 2 * RADIUS, height: 2 * RADIUS, rx: 3 }),
        svg("path", { class: "mark", d: "M-4 0l3 4 6-8" }),
      ];
    case "exhausted":
      return [svg("path", { d: "M0-11L11 0 0 11-11 0Z" }), svg("path", { class: "mark", d: "M-3-3l6 6M3-3l-6 6" })];
  }
}
