/-! Inductive predicates, structures, enumerations, options. Core Lean 4 only. Every statement is true. -/

namespace Predicates

variable {α β : Type}

inductive Even : Nat → Prop where
  | zero : Even 0
  | add_two : ∀ n, Even n → Even (n + 2)

inductive Odd : Nat → Prop where
  | one : Odd 1
  | add_two : Odd n → Odd (n + 2)

theorem even_four : Even 4 := by sorry
theorem not_even_one : ¬Even 1 := by sorry
theorem even_half (n : Nat) (h : Even n) : ∃ k, n = k + k := by sorry
theorem even_double (n : Nat) : Even (2 * n) := by sorry
theorem even_add (m n : Nat) (hm : Even m) (hn : Even n) : Even (m + n) := by sorry
theorem even_mod (n : Nat) (h : Even n) : n % 2 = 0 := by sorry
theorem even_inv (n : Nat) (h : Even (n + 2)) : Even n := by sorry
theorem even_succ_odd (n : Nat) (h : Even n) : Odd (n + 1) := by sorry
theorem odd_half (n : Nat) (h : Odd n) : ∃ k, n = 2 * k + 1 := by sorry
theorem odd_add (m n : Nat) (hm : Odd m) (hn : Odd n) : Even (m + n) := by sorry
theorem even_or_odd (n : Nat) : Even n ∨ Odd n := by sorry
theorem odd_pos (n : Nat) (h : Odd n) : 0 < n := by sorry

inductive Le : Nat → Nat → Prop where
  | refl (n : Nat) : Le n n
  | step {m n : Nat} : Le m n → Le m (n + 1)

theorem le_trans (a b c : Nat) (h₁ : Le a b) (h₂ : Le b c) : Le a c := by sorry
theorem le_sound (a b : Nat) (h : Le a b) : a ≤ b := by sorry
theorem le_zero (n : Nat) : Le 0 n := by sorry
theorem le_succ (a b : Nat) (h : Le a b) : Le (a + 1) (b + 1) := by sorry
theorem le_complete (a b : Nat) (h : a ≤ b) : Le a b := by sorry

inductive Star (R : α → α → Prop) : α → α → Prop where
  | refl (a : α) : Star R a a
  | head {a b c : α} : R a b → Star R b c → Star R a c

theorem star_single (R : α → α → Prop) (a b : α) (h : R a b) : Star R a b := by sorry
theorem star_trans (R : α → α → Prop) (a b c : α) (h₁ : Star R a b) (h₂ : Star R b c) : Star R a c := by sorry
theorem star_map (f : α → β) (R : α → α → Prop) (S : β → β → Prop) (h : ∀ a b, R a b → S (f a) (f b)) (a b : α)
    (s : Star R a b) : Star S (f a) (f b) := by sorry
theorem star_le (a b : Nat) (h : Star (fun x y => x < y) a b) : a ≤ b := by sorry
theorem star_snoc (R : α → α → Prop) (a b c : α) (h₁ : Star R a b) (h₂ : R b c) : Star R a c := by sorry

inductive Sorted : List Nat → Prop where
  | nil : Sorted []
  | single (x : Nat) : Sorted [x]
  | cons (x y : Nat) (l : List Nat) : x ≤ y → Sorted (y :: l) → Sorted (x :: y :: l)

theorem sorted_tail (x : Nat) (l : List Nat) (h : Sorted (x :: l)) : Sorted l := by sorry
theorem sorted_example : Sorted [1, 2, 5] := by sorry
theorem sorted_head (x y : Nat) (l : List Nat) (h : Sorted (x :: y :: l)) : x ≤ y := by sorry
theorem sorted_map (l : List Nat) (h : Sorted l) : Sorted (l.map (· + 1)) := by sorry
theorem sorted_replicate (n x : Nat) : Sorted (List.replicate n x) := by sorry

inductive Sub : List α → List α → Prop where
  | nil : Sub [] []
  | skip (x : α) : Sub xs ys → Sub xs (x :: ys)
  | keep (x : α) : Sub xs ys → Sub (x :: xs) (x :: ys)

theorem sub_refl (xs : List α) : Sub xs xs := by sorry
theorem sub_nil (xs : List α) : Sub [] xs := by sorry
theorem sub_length (xs ys : List α) (h : Sub xs ys) : xs.length ≤ ys.length := by sorry
theorem sub_mem (x : α) (xs ys : List α) (h : Sub xs ys) (hx : x ∈ xs) : x ∈ ys := by sorry
theorem sub_map (f : α → β) (xs ys : List α) (h : Sub xs ys) : Sub (xs.map f) (ys.map f) := by sorry

def Balanced : List Bool → Nat → Prop
  | [], n => n = 0
  | true :: s, n => Balanced s (n + 1)
  | false :: _, 0 => False
  | false :: s, n + 1 => Balanced s n

theorem balanced_nil : Balanced [] 0 := by sorry
theorem balanced_pair : Balanced [true, false] 0 := by sorry
theorem balanced_wrap (s : List Bool) (n : Nat) (h : Balanced s (n + 1)) : Balanced (true :: s) n := by sorry

def Injective (f : α → β) : Prop := ∀ a b, f a = f b → a = b

theorem injective_id : Injective (fun x : α => x) := by sorry
theorem injective_comp (f : α → β) (g : β → Nat) (hf : Injective f) (hg : Injective g) :
    Injective (fun x => g (f x)) := by sorry
theorem injective_succ : Injective Nat.succ := by sorry
theorem injective_double : Injective (fun n : Nat => 2 * n) := by sorry

inductive Color where
  | red
  | green
  | blue
  deriving DecidableEq

def Color.next : Color → Color
  | red => green
  | green => blue
  | blue => red

theorem next_three (c : Color) : c.next.next.next = c := by sorry
theorem next_ne (c : Color) : c.next ≠ c := by sorry
theorem next_inj (c d : Color) (h : c.next = d.next) : c = d := by sorry
theorem color_cases (c : Color) : c = .red ∨ c = .green ∨ c = .blue := by sorry
theorem color_surj (c : Color) : ∃ d : Color, d.next = c := by sorry
theorem three_colors (a b c d : Color) : a = b ∨ a = c ∨ a = d ∨ b = c ∨ b = d ∨ c = d := by sorry

structure Point where
  x : Int
  y : Int

def Point.add (p q : Point) : Point := ⟨p.x + q.x, p.y + q.y⟩
def Point.neg (p : Point) : Point := ⟨-p.x, -p.y⟩
def Point.zero : Point := ⟨0, 0⟩
def Point.swap (p : Point) : Point := { p with x := p.y, y := p.x }

theorem point_eta (p : Point) : Point.mk p.x p.y = p := by sorry
theorem point_add_comm (p q : Point) : p.add q = q.add p := by sorry
theorem point_add_assoc (p q r : Point) : (p.add q).add r = p.add (q.add r) := by sorry
theorem point_add_neg (p : Point) : p.add p.neg = Point.zero := by sorry
theorem point_swap (p : Point) : p.swap.swap = p := by sorry
theorem point_ext (p q : Point) (h₁ : p.x = q.x) (h₂ : p.y = q.y) : p = q := by sorry
theorem point_swap_add (p q : Point) : (p.add q).swap = p.swap.add q.swap := by sorry

structure Interval where
  lo : Nat
  hi : Nat
  le : lo ≤ hi

def Interval.width (i : Interval) : Nat := i.hi - i.lo
def Interval.hull (i j : Interval) : Interval :=
  ⟨min i.lo j.lo, max i.hi j.hi, by have := i.le; have := j.le; omega⟩

theorem width_add (i : Interval) : i.lo + i.width = i.hi := by sorry
theorem width_hull (i j : Interval) : i.width ≤ (i.hull j).width := by sorry

def safeDiv (a b : Nat) : Option Nat := if b = 0 then none else some (a / b)

theorem safeDiv_none (a : Nat) : safeDiv a 0 = none := by sorry
theorem safeDiv_some (a b c : Nat) (h : safeDiv a b = some c) : b ≠ 0 := by sorry
theorem safeDiv_le (a b c : Nat) (h : safeDiv a b = some c) : c ≤ a := by sorry
theorem safeDiv_exists (a b : Nat) (h : 0 < b) : ∃ c, safeDiv a b = some c := by sorry

def addOpt : Option Nat → Option Nat → Option Nat
  | some a, some b => some (a + b)
  | _, _ => none

theorem addOpt_comm (a b : Option Nat) : addOpt a b = addOpt b a := by sorry
theorem addOpt_assoc (a b c : Option Nat) : addOpt (addOpt a b) c = addOpt a (addOpt b c) := by sorry
theorem addOpt_some (a b : Option Nat) (n : Nat) (h : addOpt a b = some n) : ∃ m, a = some m := by sorry

def clamp (lo hi x : Nat) : Nat := if x < lo then lo else if hi < x then hi else x

theorem clamp_le (lo hi x : Nat) (h : lo ≤ hi) : clamp lo hi x ≤ hi := by sorry
theorem le_clamp (lo hi x : Nat) (h : lo ≤ hi) : lo ≤ clamp lo hi x := by sorry
theorem clamp_idem (lo hi x : Nat) (h : lo ≤ hi) : clamp lo hi (clamp lo hi x) = clamp lo hi x := by sorry

def absDiff (a b : Nat) : Nat := if a ≤ b then b - a else a - b

theorem absDiff_comm (a b : Nat) : absDiff a b = absDiff b a := by sorry
theorem absDiff_self (a : Nat) : absDiff a a = 0 := by sorry
theorem absDiff_zero (a b : Nat) (h : absDiff a b = 0) : a = b := by sorry

inductive Typ where
  | nat
  | bool

inductive Term where
  | tt
  | ff
  | zero
  | succ (t : Term)
  | isZero (t : Term)
  | cond (c a b : Term)

inductive HasType : Term → Typ → Prop where
  | tt : HasType .tt .bool
  | ff : HasType .ff .bool
  | zero : HasType .zero .nat
  | succ : HasType t .nat → HasType (.succ t) .nat
  | isZero : HasType t .nat → HasType (.isZero t) .bool
  | cond : HasType c .bool → HasType a T → HasType b T → HasType (.cond c a b) T

theorem type_unique (t : Term) (S T : Typ) (h₁ : HasType t S) (h₂ : HasType t T) : S = T := by sorry
theorem succ_type (t : Term) (T : Typ) (h : HasType (.succ t) T) : T = .nat := by sorry
theorem cond_type (c a b : Term) (T : Typ) (h : HasType (.cond c a b) T) : HasType a T ∧ HasType b T := by sorry
theorem example_type : HasType (.cond (.isZero .zero) (.succ .zero) .zero) .nat := by sorry

end Predicates
