// What the extension and the panel's page say to each other.

import type { Event, View } from "./state.ts";

export type ToPage =
  | { readonly kind: "view"; readonly view: View; readonly pinned: boolean }
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "pinned"; readonly pinned: boolean };

export type FromPage =
  | { readonly kind: "ready" }
  /** Inserts the proof with this number. */
  | { readonly kind: "insert"; readonly number: number }
  /** Shows the hole in the editor. */
  | { readonly kind: "reveal" }
  | { readonly kind: "deeper" }
  | { readonly kind: "explain" }
  /** Stays with this hole, wherever the cursor goes. */
  | { readonly kind: "pin"; readonly pinned: boolean };
