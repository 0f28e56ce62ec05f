// The list of candidates: rows that stay while they are wanted, so that whoever is on one does not lose it.

import { outcomeWords, proofOf, rows, type Search, type Wish } from "../state.ts";
import type { Outcome } from "../../protocol.ts";
import { html } from "./dom.ts";

/** How many rows are made; further candidates are found by filtering. */
const MOST = 400;

const SYMBOL: Readonly<Record<Outcome, string>> = {
  proves: "✓",
  closes: "◐",
  progress: "→",
  rejected: "✗",
  timedOut: "…",
  refused: "⊘",
  fault: "!",
};

export class CandidateList {
  readonly #body: HTMLElement;
  readonly #rest: HTMLElement;
  readonly #insert: (number: number) => void;
  readonly #made = new Map<number, HTMLElement>();
  #generation = -1;
  #search: Search | undefined;
  #current = 0;

  constructor(body: HTMLElement, rest: HTMLElement, insert: (number: number) => void) {
    this.#body = body;
    this.#rest = rest;
    this.#insert = insert;
    body.addEventListener("keydown", (event) => {
      this.#press(event);
    });
    body.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=option]") : null;
      if (row === null) return;
      this.#go(row);
      this.#choose(row);
    });
  }

  show(search: Search | undefined, wish: Wish): void {
    this.#search = search;
    if (search?.generation !== this.#generation) {
      this.#made.clear();
      this.#generation = search?.generation ?? -1;
    }
    const wanted = search === undefined ? [] : rows(search.candidates, wish);
    const shown = wanted.slice(0, MOST).map(({ index }) => this.#row(index));
    const focused = document.activeElement;
    // Only what changes its place is moved: moving an element takes its focus.
    shown.forEach((row, place) => {
      if (this.#body.children[place] !== row) this.#body.insertBefore(row, this.#body.children[place] ?? null);
    });
    while (this.#body.children.length > shown.length) this.#body.lastElementChild?.remove();
    if (focused instanceof HTMLElement && focused !== document.activeElement && shown.includes(focused)) focused.focus();
    const current = shown.find((row) => Number(row.dataset["index"]) === this.#current) ?? shown[0];
    for (const row of shown) row.tabIndex = row === current ? 0 : -1;
    this.#rest.textContent = this.#words(wanted.length, shown.length);
  }

  #words(wanted: number, shown: number): string {
    if (this.#search === undefined) return "";
    if (wanted > shown) return `${String(wanted - shown)} more; narrow the list to see them.`;
    if (wanted > 0) return "";
    return this.#search.candidates.length > 0 ? "No candidate is like that." : "No candidate yet.";
  }

  #row(index: number): HTMLElement {
    const candidate = this.#search?.candidates[index];
    const known = this.#made.get(index);
    if (candidate === undefined) return known ?? html("div");
    const proof = this.#search === undefined ? undefined : proofOf(this.#search, candidate);
    const insertable = proof === undefined ? "" : String(proof.number);
    if (known !== undefined && (known.dataset["proof"] ?? "") === insertable) return known;
    const words = outcomeWords(candidate);
    const steps = candidate.steps.length === 0 ? "" : `after ${candidate.steps.join("; ")}\n`;
    const row = html(
      "div",
      {
        role: "option",
        tabindex: -1,
        class: `candidate ${candidate.outcome}`,
        "data-index": index,
        "data-proof": insertable,
        "aria-selected": "false",
        "aria-label": `${candidate.text}: ${words}, proposed by ${candidate.origin}${proof === undefined ? "" : "; Enter inserts it"}`,
        title: `${steps}${candidate.text}${candidate.message === null ? "" : `\n\n${candidate.message}`}`,
      },
      html("span", { class: "symbol", "aria-hidden": "true" }, SYMBOL[candidate.outcome]),
      html("code", {}, candidate.text),
      html("span", { class: "words" }, words),
      html("span", { class: "origin" }, candidate.origin),
    );
    known?.replaceWith(row);
    this.#made.set(index, row);
    return row;
  }

  #go(row: HTMLElement): void {
    for (const other of this.#body.querySelectorAll<HTMLElement>("[tabindex='0']")) {
      other.tabIndex = -1;
      other.setAttribute("aria-selected", "false");
    }
    row.tabIndex = 0;
    row.setAttribute("aria-selected", "true");
    this.#current = Number(row.dataset["index"]);
    row.focus();
  }

  #choose(row: HTMLElement): void {
    const number = row.dataset["proof"] ?? "";
    if (number !== "") this.#insert(Number(number));
  }

  #press(event: KeyboardEvent): void {
    const row = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("[role=option]") : null;
    if (row === null) return;
    const to: Readonly<Record<string, Element | null>> = {
      ArrowDown: row.nextElementSibling,
      ArrowUp: row.previousElementSibling,
      Home: this.#body.firstElementChild,
      End: this.#body.lastElementChild,
    };
    if (event.key === "Enter") this.#choose(row);
    else if (event.key in to) {
      const other = to[event.key];
      if (other instanceof HTMLElement) this.#go(other);
    } else return;
    event.preventDefault();
  }
}
