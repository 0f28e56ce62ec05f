/-! Each of the ten holes is proved by an earlier proof of this file once its arguments are adapted. Core Lean 4 only. -/

namespace Near

/-- Trees with values in their nodes. -/
inductive Tree (α : Type) where
  | leaf : Tree α
  | node : Tree α → α → Tree α → Tree α

namespace Tree
variable {α : Type}

def size : Tree α → Nat
  | leaf => 0
  | node l _ r => size l + 1 + size r

def mirror : Tree α → Tree α
  | leaf => leaf
  | node l x r => node (mirror r) x (mirror l)

theorem size_mirror (t : Tree α) : size (mirror t) = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [size, mirror, ihl, ihr]
    omega

theorem mirror_mirror (t : Tree α) : mirror (mirror t) = t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => rw [mirror, mirror, ihl, ihr]

theorem size_mirror_pair (s t : Tree α) (h : size s = size t) : size (mirror s) = size (mirror t) := by
  rw [size_mirror s, size_mirror t]
  exact h

end Tree

/-- Trees with values in their leaves. -/
inductive Bush (α : Type) where
  | tip : α → Bush α
  | fork : Bush α → Bush α → Bush α

namespace Bush
variable {α : Type}

def weight : Bush α → Nat
  | tip _ => 1
  | fork a b => weight a + 1 + weight b

def swap : Bush α → Bush α
  | tip x => tip x
  | fork a b => fork (swap b) (swap a)

theorem weight_swap (b : Bush α) : weight (swap b) = weight b := by sorry
theorem swap_swap (b : Bush α) : swap (swap b) = b := by sorry
theorem weight_swap_pair (a b : Bush α) (same : weight a = weight b) : weight (swap a) = weight (swap b) := by sorry

end Bush

/-- An order of its own on numbers. -/
inductive Below : Nat → Nat → Prop where
  | refl (n : Nat) : Below n n
  | step {m n : Nat} (h : Below m n) : Below m (n + 1)

theorem Below.trans {a b c : Nat} (h₁ : Below a b) (h₂ : Below b c) : Below a c := by
  induction h₂ with
  | refl => exact h₁
  | step _ ih => exact Below.step ih

theorem Below.skip {a b c : Nat} (h₁ : Below a b) (h₂ : Below b c) : Below a (c + 1) := by
  exact Below.trans h₁ (Below.step h₂)

/-- Reaching a number by going on in twos. -/
inductive Hops : Nat → Nat → Prop where
  | here (n : Nat) : Hops n n
  | hop {m n : Nat} (way : Hops m n) : Hops m (n + 2)

theorem Hops.chain {x y z : Nat} (p : Hops x y) (q : Hops y z) : Hops x z := by sorry
theorem Hops.further {x y z : Nat} (q : Hops y z) (p : Hops x y) : Hops x (z + 2) := by sorry

/-- Amounts of two kinds. -/
structure Purse where
  gold : Nat
  silver : Nat

namespace Purse

def merge (p q : Purse) : Purse := ⟨p.gold + q.gold, p.silver + q.silver⟩
def worth (p : Purse) : Nat := 20 * p.gold + p.silver

theorem merge_comm (p q : Purse) : merge p q = merge q p := by
  cases p
  cases q
  simp only [merge, Purse.mk.injEq]
  omega

theorem worth_merge (p q : Purse) : worth (merge p q) = worth p + worth q := by
  simp only [worth, merge]
  omega

theorem worth_merge_le (p q r : Purse) (h : worth p ≤ worth q) : worth (merge p r) ≤ worth (merge r q) := by
  rw [merge_comm r q, worth_merge, worth_merge]
  exact Nat.add_le_add_right h _

end Purse

structure Clock where
  hours : Nat
  minutes : Nat

namespace Clock

def plus (a b : Clock) : Clock := ⟨a.hours + b.hours, a.minutes + b.minutes⟩
def total (a : Clock) : Nat := 60 * a.hours + a.minutes

theorem plus_comm (a b : Clock) : plus a b = plus b a := by sorry
theorem total_plus (a b : Clock) : total (plus a b) = total a + total b := by sorry
theorem total_plus_le (a b c : Clock) (earlier : total a ≤ total b) : total (plus a c) ≤ total (plus c b) := by sorry

end Clock

def climb : List Nat → Nat → Nat
  | [], acc => acc
  | x :: xs, acc => climb xs (acc + x)

def sum : List Nat → Nat
  | [] => 0
  | x :: xs => x + sum xs

theorem climb_eq (xs : List Nat) (acc : Nat) : climb xs acc = acc + sum xs := by
  induction xs generalizing acc with
  | nil => simp only [climb, sum, Nat.add_zero]
  | cons x xs ih =>
    rw [climb, sum, ih (acc + x)]
    omega

theorem climb_swap (xs ys : List Nat) : climb xs (sum ys) = climb ys (sum xs) := by
  rw [climb_eq, climb_eq, Nat.add_comm]

def tally : List Bool → Nat → Nat
  | [], n => n
  | _ :: bs, n => tally bs (n + 1)

def many : List Bool → Nat
  | [] => 0
  | _ :: bs => 1 + many bs

theorem tally_eq (bs : List Bool) (n : Nat) : tally bs n = n + many bs := by sorry
theorem tally_swap (bs cs : List Bool) : tally bs (many cs) = tally cs (many bs) := by sorry

end Near
