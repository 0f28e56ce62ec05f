/-! Data structures, instances, local helpers and algebra. Core Lean 4 only. Every statement is true. -/

namespace Structures

variable {α β γ : Type}

-- local helpers

def rev (xs : List α) : List α := go xs []
where
  go : List α → List α → List α
    | [], acc => acc
    | x :: xs, acc => go xs (x :: acc)

theorem rev_go (xs acc : List α) : rev.go xs acc = xs.reverse ++ acc := by sorry
theorem rev_eq (xs : List α) : rev xs = xs.reverse := by sorry
theorem rev_rev (xs : List α) : rev (rev xs) = xs := by sorry
theorem length_rev (xs : List α) : (rev xs).length = xs.length := by sorry

def sumTo (n : Nat) : Nat :=
  let rec loop (i acc : Nat) : Nat := match i with
    | 0 => acc
    | i + 1 => loop i (acc + (i + 1))
  loop n 0

theorem loop_acc (i acc : Nat) : sumTo.loop i acc = acc + sumTo.loop i 0 := by sorry
theorem sumTo_succ (n : Nat) : sumTo (n + 1) = n + 1 + sumTo n := by sorry
theorem sumTo_eq (n : Nat) : 2 * sumTo n = n * (n + 1) := by sorry

-- a queue of two lists

structure Queue (α : Type) where
  front : List α
  back : List α

namespace Queue

def toList (q : Queue α) : List α := q.front ++ q.back.reverse
def empty : Queue α := ⟨[], []⟩
def push (q : Queue α) (x : α) : Queue α := { q with back := x :: q.back }
def pop (q : Queue α) : Option (α × Queue α) :=
  match q.front with
  | x :: xs => some (x, ⟨xs, q.back⟩)
  | [] => match q.back.reverse with
    | [] => none
    | x :: xs => some (x, ⟨xs, []⟩)
def size (q : Queue α) : Nat := q.front.length + q.back.length

theorem toList_empty : (empty : Queue α).toList = [] := by sorry
theorem toList_push (q : Queue α) (x : α) : (q.push x).toList = q.toList ++ [x] := by sorry
theorem size_push (q : Queue α) (x : α) : (q.push x).size = q.size + 1 := by sorry
theorem length_toList (q : Queue α) : q.toList.length = q.size := by sorry
theorem pop_some (q r : Queue α) (x : α) (h : q.pop = some (x, r)) : q.toList = x :: r.toList := by sorry
theorem pop_none (q : Queue α) (h : q.pop = none) : q.toList = [] := by sorry

end Queue

-- instances

inductive P where
  | one
  | next (p : P)

namespace P

def add : P → P → P
  | one, q => next q
  | next p, q => next (add p q)

instance : Add P := ⟨add⟩

def toNat : P → Nat
  | one => 1
  | next p => p.toNat + 1

theorem one_add (p : P) : one + p = next p := by sorry
theorem next_add (p q : P) : next p + q = next (p + q) := by sorry
theorem add_next (p q : P) : p + next q = next (p + q) := by sorry
theorem toNat_add (p q : P) : (p + q).toNat = p.toNat + q.toNat := by sorry
theorem add_assoc (p q r : P) : p + q + r = p + (q + r) := by sorry
theorem toNat_pos (p : P) : 0 < p.toNat := by sorry

end P

structure Vec2 where
  x : Int
  y : Int

namespace Vec2

instance : Add Vec2 := ⟨fun u v => ⟨u.x + v.x, u.y + v.y⟩⟩
instance : Neg Vec2 := ⟨fun u => ⟨-u.x, -u.y⟩⟩
def dot (u v : Vec2) : Int := u.x * v.x + u.y * v.y
def scale (k : Int) (u : Vec2) : Vec2 := ⟨k * u.x, k * u.y⟩

theorem add_comm (u v : Vec2) : u + v = v + u := by sorry
theorem dot_comm (u v : Vec2) : u.dot v = v.dot u := by sorry
theorem dot_add (u v w : Vec2) : u.dot (v + w) = u.dot v + u.dot w := by sorry
theorem scale_scale (j k : Int) (u : Vec2) : scale j (scale k u) = scale (j * k) u := by sorry
theorem dot_scale (k : Int) (u v : Vec2) : (scale k u).dot v = k * u.dot v := by sorry
theorem neg_neg (u : Vec2) : -(-u) = u := by sorry

end Vec2

-- algebra

class Grp (G : Type) where
  mul : G → G → G
  one : G
  inv : G → G
  mul_assoc : ∀ a b c, mul (mul a b) c = mul a (mul b c)
  one_mul : ∀ a, mul one a = a
  mul_one : ∀ a, mul a one = a
  inv_mul : ∀ a, mul (inv a) a = one

namespace Grp
variable {G : Type} [Grp G]

theorem left_cancel (a b c : G) (h : mul a b = mul a c) : b = c := by sorry
theorem one_unique (e : G) (h : ∀ a : G, mul e a = a) : e = one := by sorry

end Grp

structure Mon (M : Type) where
  op : M → M → M
  e : M
  assoc : ∀ a b c, op (op a b) c = op a (op b c)
  left : ∀ a, op e a = a
  right : ∀ a, op a e = a

theorem mon_unit_unique {M : Type} (m : Mon M) (u : M) (h : ∀ a, m.op u a = a) : u = m.e := by sorry
theorem mon_middle {M : Type} (m : Mon M) (a b c d : M) : m.op (m.op a b) (m.op c d) = m.op a (m.op (m.op b c) d) := by
  sorry

-- sets as predicates

def Set (α : Type) := α → Prop

namespace Set

def mem (x : α) (s : Set α) : Prop := s x
def union (s t : Set α) : Set α := fun x => s x ∨ t x
def inter (s t : Set α) : Set α := fun x => s x ∧ t x
def subset (s t : Set α) : Prop := ∀ x, s x → t x
def compl (s : Set α) : Set α := fun x => ¬s x

theorem subset_refl (s : Set α) : subset s s := by sorry
theorem subset_trans (s t u : Set α) (h₁ : subset s t) (h₂ : subset t u) : subset s u := by sorry
theorem subset_union (s t : Set α) : subset s (union s t) := by sorry
theorem inter_subset (s t : Set α) : subset (inter s t) t := by sorry
theorem union_comm (s t : Set α) : union s t = union t s := by sorry
theorem inter_assoc (s t u : Set α) : inter (inter s t) u = inter s (inter t u) := by sorry
theorem distrib (s t u : Set α) : inter s (union t u) = union (inter s t) (inter s u) := by sorry
theorem de_morgan (s t : Set α) : compl (union s t) = inter (compl s) (compl t) := by sorry
theorem antisymm (s t : Set α) (h₁ : subset s t) (h₂ : subset t s) : s = t := by sorry
theorem compl_compl (s : Set α) : compl (compl s) = s := by sorry

end Set

-- functions iterated

def iter (f : α → α) : Nat → α → α
  | 0, x => x
  | n + 1, x => iter f n (f x)

theorem iter_add (f : α → α) (m n : Nat) (x : α) : iter f (m + n) x = iter f n (iter f m x) := by sorry
theorem iter_succ (f : α → α) (n : Nat) (x : α) : iter f (n + 1) x = f (iter f n x) := by sorry
theorem iter_id (n : Nat) (x : α) : iter id n x = x := by sorry
theorem iter_succ_nat (n k : Nat) : iter Nat.succ n k = k + n := by sorry
theorem iter_fixed (f : α → α) (x : α) (h : f x = x) (n : Nat) : iter f n x = x := by sorry

-- expressions that can fail

inductive Expr where
  | lit (n : Nat)
  | plus (a b : Expr)
  | div (a b : Expr)

namespace Expr

def eval : Expr → Option Nat
  | lit n => some n
  | plus a b => do
    let x ← a.eval
    let y ← b.eval
    return x + y
  | div a b => do
    let x ← a.eval
    let y ← b.eval
    if y = 0 then none else return x / y

def noDiv : Expr → Bool
  | lit _ => true
  | plus a b => a.noDiv && b.noDiv
  | div _ _ => false

inductive Eval : Expr → Nat → Prop where
  | lit (n : Nat) : Eval (lit n) n
  | plus {a b : Expr} {x y : Nat} : Eval a x → Eval b y → Eval (plus a b) (x + y)
  | div {a b : Expr} {x y : Nat} : Eval a x → Eval b y → y ≠ 0 → Eval (div a b) (x / y)

theorem eval_lit (n : Nat) : (lit n).eval = some n := by sorry
theorem eval_plus_comm (a b : Expr) : (plus a b).eval = (plus b a).eval := by sorry
theorem eval_noDiv (e : Expr) (h : e.noDiv = true) : ∃ n, e.eval = some n := by sorry
theorem eval_of_Eval (e : Expr) (n : Nat) (h : Eval e n) : e.eval = some n := by sorry
theorem Eval_of_eval (e : Expr) (n : Nat) (h : e.eval = some n) : Eval e n := by sorry
theorem Eval_unique (e : Expr) (m n : Nat) (h₁ : Eval e m) (h₂ : Eval e n) : m = n := by sorry
theorem div_zero (a : Expr) (n : Nat) : ¬Eval (div a (lit 0)) n := by sorry

end Expr

-- search trees

inductive Tree where
  | leaf
  | node (l : Tree) (k : Nat) (r : Tree)

namespace Tree

def insert (k : Nat) : Tree → Tree
  | leaf => node leaf k leaf
  | node l x r => if k < x then node (l.insert k) x r else if x < k then node l x (r.insert k) else node l x r

def toList : Tree → List Nat
  | leaf => []
  | node l k r => l.toList ++ k :: r.toList

inductive Mem (k : Nat) : Tree → Prop where
  | here (l r : Tree) : Mem k (node l k r)
  | left {l : Tree} (x : Nat) (r : Tree) : Mem k l → Mem k (node l x r)
  | right {r : Tree} (l : Tree) (x : Nat) : Mem k r → Mem k (node l x r)

inductive All (p : Nat → Prop) : Tree → Prop where
  | leaf : All p leaf
  | node {l r : Tree} {k : Nat} : All p l → p k → All p r → All p (node l k r)

theorem mem_insert (k : Nat) (t : Tree) : Mem k (t.insert k) := by sorry
theorem mem_toList (k : Nat) (t : Tree) (h : Mem k t) : k ∈ t.toList := by sorry
theorem mem_of_toList (k : Nat) (t : Tree) (h : k ∈ t.toList) : Mem k t := by sorry
theorem all_insert (p : Nat → Prop) (k : Nat) (t : Tree) (h : All p t) (hk : p k) : All p (t.insert k) := by sorry
theorem all_mem (p : Nat → Prop) (k : Nat) (t : Tree) (h : All p t) (hm : Mem k t) : p k := by sorry
theorem all_imp (p q : Nat → Prop) (hpq : ∀ n, p n → q n) (t : Tree) (h : All p t) : All q t := by sorry
theorem not_mem_leaf (k : Nat) : ¬Mem k leaf := by sorry
theorem length_insert (k : Nat) (t : Tree) : t.toList.length ≤ (t.insert k).toList.length := by sorry

end Tree

-- permutations of one's own

inductive Perm : List α → List α → Prop where
  | nil : Perm [] []
  | cons (x : α) : Perm xs ys → Perm (x :: xs) (x :: ys)
  | swap (x y : α) (xs : List α) : Perm (x :: y :: xs) (y :: x :: xs)
  | trans : Perm xs ys → Perm ys zs → Perm xs zs

theorem perm_refl (xs : List α) : Perm xs xs := by sorry
theorem perm_symm (xs ys : List α) (h : Perm xs ys) : Perm ys xs := by sorry
theorem perm_length (xs ys : List α) (h : Perm xs ys) : xs.length = ys.length := by sorry
theorem perm_mem (a : α) (xs ys : List α) (h : Perm xs ys) : a ∈ xs ↔ a ∈ ys := by sorry
theorem perm_map (f : α → β) (xs ys : List α) (h : Perm xs ys) : Perm (xs.map f) (ys.map f) := by sorry
theorem perm_append_left (zs xs ys : List α) (h : Perm xs ys) : Perm (zs ++ xs) (zs ++ ys) := by sorry

end Structures
