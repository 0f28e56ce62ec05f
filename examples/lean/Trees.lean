/-!
# Binary trees: size, depth, mirror image

A small development in core Lean 4: nothing to import, no project needed.
Each `sorry` is a hole that `unsorry prove examples/lean` fills.
-/

namespace Trees

inductive Tree (α : Type) where
  | leaf : Tree α
  | node (left : Tree α) (value : α) (right : Tree α) : Tree α

namespace Tree

variable {α β : Type}

/-- How many values the tree holds. -/
def size : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

/-- The length of the longest path from the root. -/
def depth : Tree α → Nat
  | leaf => 0
  | node l _ r => 1 + max l.depth r.depth

/-- The mirror image. -/
def mirror : Tree α → Tree α
  | leaf => leaf
  | node l x r => node r.mirror x l.mirror

/-- Applies a function to every value. -/
def map (f : α → β) : Tree α → Tree β
  | leaf => leaf
  | node l x r => node (l.map f) (f x) (r.map f)

/-! ## Proved by hand -/

theorem size_leaf : (leaf : Tree α).size = 0 := rfl

theorem mirror_node (l r : Tree α) (x : α) : (node l x r).mirror = node r.mirror x l.mirror := rfl

theorem map_id (t : Tree α) : t.map id = t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => simp [map, ihl, ihr]

/-! ## Holes -/

theorem mirror_mirror (t : Tree α) : t.mirror.mirror = t := by
  sorry

theorem size_mirror (t : Tree α) : t.mirror.size = t.size := by
  sorry

theorem depth_le_size (t : Tree α) : t.depth ≤ t.size := by
  sorry

theorem size_map (f : α → β) (t : Tree α) : (t.map f).size = t.size := by
  sorry

theorem mirror_map (f : α → β) (t : Tree α) : (t.map f).mirror = t.mirror.map f := by
  sorry

theorem leaf_of_size_zero (t : Tree α) (h : t.size = 0) : t = leaf := by
  sorry

end Tree

end Trees
