// The panel's page.

import type { Proof } from "../../protocol.ts";
import type { FromPage, ToPage } from "../messages.ts";
import { EMPTY, next, stageWords, triedWords, type Order, type Search, type Show, type View, type Wish } from "../state.ts";
import { html, part } from "./dom.ts";
import { CandidateList } from "./list.ts";
import { GraphPicture } from "./picture.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): Wish | undefined;
  setState(wish: Wish): void;
};

const editor = acquireVsCodeApi();

const say = (message: FromPage): void => {
  editor.postMessage(message);
};
const insert = (number: number): void => {
  say({ kind: "insert", number });
};

const title = part("title");
const stage = part("stage");
const goals = part("goals");
const proofs = part("proofs");
const tools = part("tools");
const found = part("found");
const drawn = part("drawn");
const pin = part("pin");
const list = new CandidateList(part("candidates"), part("rest"), insert);
const picture = new GraphPicture(part("picture"), part("detail"));
const show = part("show") as HTMLSelectElement;
const order = part("order") as HTMLSelectElement;
const words = part("words") as HTMLInputElement;

let view: View = EMPTY;
let shownProofs: readonly Proof[] | undefined;
let drawing = false;

function wish(): Wish {
  return { show: show.value as Show, order: order.value as Order, words: words.value };
}

/** Draws the newest state before the next frame, however many messages come until then. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawNow();
  });
}

function drawNow(): void {
  const search = view.kind === "search" ? view : undefined;
  title.textContent = search?.declaration ?? (view.kind === "goals" ? "Goals at the cursor" : "");
  const now = search === undefined ? "" : stageWords(search);
  // A screen reader reads it whenever it is set.
  if (stage.textContent !== now) stage.textContent = now;
  part("tried").textContent = search === undefined ? "" : triedWords(search);
  stage.className = search?.stage ?? "";
  const texts = view.kind === "nothing" ? [] : view.goals;
  // While a search goes on, the message is what the one before it ended with.
  const message = search?.stage === "searching" ? null : search?.message;
  part("none").textContent = view.kind === "nothing" ? view.why : (message ?? "");
  if (goals.dataset["texts"] !== JSON.stringify(texts)) {
    goals.dataset["texts"] = JSON.stringify(texts);
    goals.replaceChildren(...texts.map((text) => html("pre", { class: "goal", tabindex: 0 }, text)));
  }
  tools.hidden = search === undefined;
  found.hidden = search === undefined;
  drawn.hidden = search?.graph == null;
  drawProofs(search);
  list.show(search, wish());
  picture.show(search?.graph ?? null);
}

function drawProofs(search: Search | undefined): void {
  const wanted = search?.proofs ?? [];
  if (JSON.stringify(wanted) === JSON.stringify(shownProofs)) return;
  shownProofs = wanted;
  const hadFocus = proofs.contains(document.activeElement);
  proofs.replaceChildren(
    ...wanted.map((proof) => {
      const rests = proof.axioms.length === 0 ? "rests on no axioms" : `rests on ${proof.axioms.join(", ")}`;
      const button = html(
        "button",
        { class: "proof", title: "Insert this proof", "data-number": proof.number },
        html("span", { class: "symbol", "aria-hidden": "true" }, "✓"),
        html("pre", {}, proof.text),
        html("span", { class: "origin" }, `${proof.origin}; ${rests}`),
      );
      button.addEventListener("click", () => {
        insert(proof.number);
      });
      return button;
    }),
  );
  if (hadFocus) proofs.querySelector("button")?.focus();
}

function setPinned(pinned: boolean): void {
  pin.setAttribute("aria-pressed", String(pinned));
}

window.addEventListener("message", (event: MessageEvent<ToPage>) => {
  const message = event.data;
  switch (message.kind) {
    case "view":
      view = message.view;
      setPinned(message.pinned);
      break;
    case "event":
      view = next(view, message.event);
      break;
    case "pinned":
      setPinned(message.pinned);
      break;
  }
  draw();
});

for (const input of [show, order, words]) {
  input.addEventListener("input", () => {
    editor.setState(wish());
    draw();
  });
}
part("reveal").addEventListener("click", () => {
  say({ kind: "reveal" });
});
part("deeper").addEventListener("click", () => {
  say({ kind: "deeper" });
});
part("explain").addEventListener("click", () => {
  say({ kind: "explain" });
});
pin.addEventListener("click", () => {
  say({ kind: "pin", pinned: pin.getAttribute("aria-pressed") !== "true" });
});

const before = editor.getState();
if (before !== undefined) {
  show.value = before.show;
  order.value = before.order;
  words.value = before.words;
}
draw();
say({ kind: "ready" });
