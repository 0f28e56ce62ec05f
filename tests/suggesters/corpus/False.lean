/-! Nothing here is provable: no candidate may close any of these. -/

namespace False_

inductive Tree where
  | leaf
  | node (l : Tree) (v : Nat) (r : Tree)

def Tree.size : Tree → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

def Tree.sum : Tree → Nat
  | leaf => 0
  | node l v r => l.sum + v + r.sum

def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

theorem f01 (a b : Nat) : a - b + b = a := by sorry
theorem f02 (p q : Prop) (h : p ∨ q) : p := by sorry
theorem f03 (xs : List Nat) : xs.reverse = xs := by sorry
theorem f04 (t : Tree) : t.size = t.sum := by sorry
theorem f05 (xs ys : List Nat) (h : total xs = total ys) : xs = ys := by sorry
theorem f06 (P : Nat → Prop) (h : ∃ x, P x) : ∀ x, P x := by sorry
theorem f07 (n : Nat) : ∃ k, n = 2 * k := by sorry
theorem f08 (f : Nat → Nat) (h : ∀ x, f (f x) = x) : ∀ x, f x = x := by sorry
theorem f09 (x y : BitVec 8) (h : x ≤ y) : x + 1 ≤ y + 1 := by sorry
theorem f10 (p q r : Prop) : (p → q) ∨ r → (p ∧ r) ∨ q := by sorry

end False_
