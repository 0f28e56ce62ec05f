/-! Numbers, binary numerals, vectors and lists of one's own. Core Lean 4 only. Every statement is true. -/

namespace Peano

inductive N where
  | z
  | s (n : N)

namespace N

def add : N → N → N
  | a, z => a
  | a, s b => s (add a b)

def mul : N → N → N
  | _, z => z
  | a, s b => add (mul a b) a

def pow : N → N → N
  | _, z => s z
  | a, s b => mul (pow a b) a

def toNat : N → Nat
  | z => 0
  | s n => n.toNat + 1

def ofNat : Nat → N
  | 0 => z
  | n + 1 => s (ofNat n)

def pred : N → N
  | z => z
  | s n => n

def sub : N → N → N
  | a, z => a
  | a, s b => pred (sub a b)

def beq : N → N → Bool
  | z, z => true
  | s a, s b => beq a b
  | _, _ => false

def le : N → N → Bool
  | z, _ => true
  | s _, z => false
  | s a, s b => le a b

theorem add_z (a : N) : add a z = a := by sorry
theorem z_add (a : N) : add z a = a := by sorry
theorem s_add (a b : N) : add (s a) b = s (add a b) := by sorry
theorem add_comm (a b : N) : add a b = add b a := by sorry
theorem add_assoc (a b c : N) : add (add a b) c = add a (add b c) := by sorry
theorem add_left_comm (a b c : N) : add a (add b c) = add b (add a c) := by sorry
theorem z_mul (a : N) : mul z a = z := by sorry
theorem s_mul (a b : N) : mul (s a) b = add (mul a b) b := by sorry
theorem mul_comm (a b : N) : mul a b = mul b a := by sorry
theorem mul_add (a b c : N) : mul a (add b c) = add (mul a b) (mul a c) := by sorry
theorem mul_assoc (a b c : N) : mul (mul a b) c = mul a (mul b c) := by sorry
theorem mul_one (a : N) : mul a (s z) = a := by sorry
theorem pow_add (a b c : N) : pow a (add b c) = mul (pow a b) (pow a c) := by sorry
theorem toNat_add (a b : N) : (add a b).toNat = a.toNat + b.toNat := by sorry
theorem toNat_mul (a b : N) : (mul a b).toNat = a.toNat * b.toNat := by sorry
theorem toNat_ofNat (n : Nat) : (ofNat n).toNat = n := by sorry
theorem ofNat_toNat (a : N) : ofNat a.toNat = a := by sorry
theorem toNat_inj (a b : N) (h : a.toNat = b.toNat) : a = b := by sorry
theorem sub_self (a : N) : sub a a = z := by sorry
theorem add_cancel (a b c : N) (h : add a c = add b c) : a = b := by sorry
theorem beq_refl (a : N) : beq a a = true := by sorry
theorem eq_of_beq (a b : N) (h : beq a b = true) : a = b := by sorry
theorem le_refl (a : N) : le a a = true := by sorry
theorem le_trans (a b c : N) (h₁ : le a b = true) (h₂ : le b c = true) : le a c = true := by sorry
theorem le_total (a b : N) : (le a b || le b a) = true := by sorry
theorem le_add (a b : N) : le a (add b a) = true := by sorry
theorem s_ne (a : N) : s a ≠ a := by sorry
theorem z_or_s (a : N) : a = z ∨ ∃ b, a = s b := by sorry
theorem s_inj (a b : N) (h : s a = s b) : a = b := by sorry

end N

inductive Bin where
  | nil
  | zero (b : Bin)
  | one (b : Bin)

namespace Bin

def toNat : Bin → Nat
  | nil => 0
  | zero b => 2 * b.toNat
  | one b => 2 * b.toNat + 1

def inc : Bin → Bin
  | nil => one nil
  | zero b => one b
  | one b => zero b.inc

def ofNat : Nat → Bin
  | 0 => nil
  | n + 1 => (ofNat n).inc

def digits : Bin → Nat
  | nil => 0
  | zero b => b.digits + 1
  | one b => b.digits + 1

theorem toNat_inc (b : Bin) : b.inc.toNat = b.toNat + 1 := by sorry
theorem toNat_ofNat (n : Nat) : (ofNat n).toNat = n := by sorry
theorem toNat_lt (b : Bin) : b.toNat < 2 ^ b.digits := by sorry
theorem inc_ne_nil (b : Bin) : b.inc ≠ nil := by sorry
theorem digits_inc (b : Bin) : b.inc.digits ≤ b.digits + 1 := by sorry

end Bin

inductive Vec (α : Type) : Nat → Type where
  | nil : Vec α 0
  | cons {n : Nat} : α → Vec α n → Vec α (n + 1)

namespace Vec

def toList {α : Type} {n : Nat} : Vec α n → List α
  | nil => []
  | cons x xs => x :: xs.toList

def map {α β : Type} {n : Nat} (f : α → β) : Vec α n → Vec β n
  | nil => nil
  | cons x xs => cons (f x) (xs.map f)

def replicate {α : Type} (x : α) : (n : Nat) → Vec α n
  | 0 => nil
  | n + 1 => cons x (replicate x n)

theorem length_toList {α : Type} {n : Nat} (v : Vec α n) : v.toList.length = n := by sorry
theorem map_map {α β γ : Type} {n : Nat} (f : α → β) (g : β → γ) (v : Vec α n) : (v.map f).map g = v.map (g ∘ f) := by
  sorry
theorem toList_map {α β : Type} {n : Nat} (f : α → β) (v : Vec α n) : (v.map f).toList = v.toList.map f := by sorry
theorem toList_replicate {α : Type} (x : α) (n : Nat) : (replicate x n).toList = List.replicate n x := by sorry
theorem map_replicate {α β : Type} (f : α → β) (x : α) (n : Nat) : (replicate x n).map f = replicate (f x) n := by sorry

end Vec

inductive Seq (α : Type) where
  | empty
  | push (rest : Seq α) (x : α)

namespace Seq
variable {α β : Type}

def append : Seq α → Seq α → Seq α
  | a, empty => a
  | a, push b x => push (append a b) x

def length : Seq α → Nat
  | empty => 0
  | push a _ => a.length + 1

def foldl (f : β → α → β) (init : β) : Seq α → β
  | empty => init
  | push a x => f (a.foldl f init) x

def toList : Seq α → List α
  | empty => []
  | push a x => a.toList ++ [x]

def any (p : α → Bool) : Seq α → Bool
  | empty => false
  | push a x => p x || a.any p

theorem empty_append : ∀ a : Seq α, append empty a = a := by sorry
theorem append_assoc : ∀ a b c : Seq α, append (append a b) c = append a (append b c) := by sorry
theorem length_append : ∀ a b : Seq α, (append a b).length = a.length + b.length := by sorry
theorem toList_append : ∀ a b : Seq α, (append a b).toList = a.toList ++ b.toList := by sorry
theorem foldl_append (f : β → α → β) (init : β) (a b : Seq α) :
    (append a b).foldl f init = b.foldl f (a.foldl f init) := by sorry
theorem foldl_toList (f : β → α → β) (init : β) (a : Seq α) : a.foldl f init = a.toList.foldl f init := by sorry
theorem any_append (p : α → Bool) (a b : Seq α) : (append a b).any p = (a.any p || b.any p) := by sorry
theorem any_toList (p : α → Bool) (a : Seq α) : a.any p = a.toList.any p := by sorry
theorem length_eq_zero (a : Seq α) : a.length = 0 ↔ a = empty := by sorry

end Seq

end Peano
