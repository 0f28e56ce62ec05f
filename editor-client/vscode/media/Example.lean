/-!
# First steps with Unsorry

Each `sorry` below is a hole.  Put the cursor at one: what proves it appears behind it in grey, and Tab puts it there.
The line above each theorem says how far the search is; click it when a proof is ready.
-/

theorem swap (p q : Prop) (hp : p) (hq : q) : q ∧ p := by
  sorry

theorem between (a b : Nat) (h : a + 1 = b) : a < b ∧ b ≤ a + 1 := by
  constructor
  · sorry
  · sorry

/-- The sum of all elements. -/
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

theorem total_append (xs ys : List Nat) : total (xs ++ ys) = total ys + total xs := by
  sorry

-- An unfinished proof: press Enter at the end of the last line, and grey text comes there, too.
theorem both (p q : Prop) (hp : p) (hpq : p → q) : p ∧ q := by
  have hq : q := hpq hp
