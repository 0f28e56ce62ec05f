/-!
# Lists: joining, filtering, summing

A small development in core Lean 4: nothing to import, no project needed.
Each `sorry` is a hole that `unsorry prove examples/lean` fills.
-/

namespace Lists

variable {α : Type}

/-- Puts one element at the end. -/
def snoc : List α → α → List α
  | [], y => [y]
  | x :: xs, y => x :: snoc xs y

/-- The sum of all elements. -/
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

/-- The elements that are at most `k`. -/
def upTo (k : Nat) : List Nat → List Nat
  | [] => []
  | x :: xs => if x ≤ k then x :: upTo k xs else upTo k xs

/-! ## Proved by hand -/

theorem snoc_nil (y : α) : snoc [] y = [y] := rfl

theorem total_singleton (n : Nat) : total [n] = n := by
  simp [total]

theorem upTo_nil (k : Nat) : upTo k [] = [] := rfl

/-! ## Holes -/

theorem snoc_eq_append (xs : List α) (y : α) : snoc xs y = xs ++ [y] := by
  sorry

theorem length_snoc (xs : List α) (y : α) : (snoc xs y).length = xs.length + 1 := by
  sorry

theorem total_append (xs ys : List Nat) : total (xs ++ ys) = total ys + total xs := by
  sorry

-- The first hole is one step of a longer proof; what follows it uses what it proves.
theorem total_snoc_pos (xs : List Nat) (n : Nat) (h : 0 < n) : 0 < total (snoc xs n) := by
  have sum : total (snoc xs n) = total xs + n := by
    sorry
  rw [sum]
  omega

theorem length_upTo (k : Nat) (xs : List Nat) : (upTo k xs).length ≤ xs.length := by
  sorry

-- A hole under each bullet, and one in term mode.
theorem between (a b : Nat) (h : a + 1 = b) : a < b ∧ b ≤ a + 1 := by
  constructor
  · sorry
  · sorry

theorem both (p q : Prop) (hp : p) (hq : p → q) : q ∧ p := sorry

end Lists
