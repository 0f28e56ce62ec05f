/-! Trees, expressions, mutual and nested types. Core Lean 4 only. Every statement is true. -/

namespace Trees

inductive Tree (α : Type) where
  | nil : Tree α
  | node (left : Tree α) (value : α) (right : Tree α) : Tree α

namespace Tree
variable {α β : Type}

def size : Tree α → Nat
  | nil => 0
  | node l _ r => l.size + r.size + 1

def height : Tree α → Nat
  | nil => 0
  | node l _ r => max l.height r.height + 1

def leaves : Tree α → Nat
  | nil => 1
  | node l _ r => l.leaves + r.leaves

def mirror : Tree α → Tree α
  | nil => nil
  | node l x r => node r.mirror x l.mirror

def map (f : α → β) : Tree α → Tree β
  | nil => nil
  | node l x r => node (l.map f) (f x) (r.map f)

def inorder : Tree α → List α
  | nil => []
  | node l x r => l.inorder ++ [x] ++ r.inorder

def inorderAcc : Tree α → List α → List α
  | nil, acc => acc
  | node l x r, acc => l.inorderAcc (x :: r.inorderAcc acc)

def mem (x : Nat) : Tree Nat → Bool
  | nil => false
  | node l y r => x == y || l.mem x || r.mem x

def sum : Tree Nat → Nat
  | nil => 0
  | node l x r => l.sum + x + r.sum

def insert (x : Nat) : Tree Nat → Tree Nat
  | nil => node nil x nil
  | node l y r => if x < y then node (l.insert x) y r else if y < x then node l y (r.insert x) else node l y r

def find? (p : α → Bool) : Tree α → Option α
  | nil => none
  | node l x r => if p x then some x else (l.find? p).orElse (fun _ => r.find? p)

theorem mirror_mirror (t : Tree α) : t.mirror.mirror = t := by sorry
theorem size_map (f : α → β) (t : Tree α) : (t.map f).size = t.size := by sorry
theorem map_mirror (f : α → β) (t : Tree α) : (t.map f).mirror = t.mirror.map f := by sorry
theorem map_map (f : α → β) (g : β → Nat) (t : Tree α) : (t.map f).map g = t.map (g ∘ f) := by sorry
theorem map_id (t : Tree α) : t.map id = t := by sorry
theorem height_le (t : Tree α) : t.height ≤ t.size := by sorry
theorem leaves_size (t : Tree α) : t.leaves = t.size + 1 := by sorry
theorem inorder_length (t : Tree α) : t.inorder.length = t.size := by sorry
theorem inorder_map (f : α → β) (t : Tree α) : (t.map f).inorder = t.inorder.map f := by sorry
theorem inorder_mirror (t : Tree α) : t.mirror.inorder = t.inorder.reverse := by sorry
theorem inorderAcc_eq (t : Tree α) (acc : List α) : t.inorderAcc acc = t.inorder ++ acc := by sorry
theorem inorderAcc_nil (t : Tree α) : t.inorderAcc [] = t.inorder := by sorry
theorem mem_mirror (x : Nat) (t : Tree Nat) : t.mirror.mem x = t.mem x := by sorry
theorem mem_insert (x : Nat) (t : Tree Nat) : (t.insert x).mem x = true := by sorry
theorem insert_ne_nil (x : Nat) (t : Tree Nat) : t.insert x ≠ nil := by sorry
theorem size_insert (x : Nat) (t : Tree Nat) : (t.insert x).size ≤ t.size + 1 := by sorry
theorem sum_mirror (t : Tree Nat) : t.mirror.sum = t.sum := by sorry
theorem sum_inorder (t : Tree Nat) : t.inorder.sum = t.sum := by sorry
theorem nil_of_size (t : Tree α) (h : t.size = 0) : t = nil := by sorry
theorem find_some (p : α → Bool) (t : Tree α) (x : α) (h : t.find? p = some x) : p x = true := by sorry
theorem exists_leaf (t : Tree α) : t = nil ∨ ∃ l x r, t = node l x r := by sorry

end Tree

inductive Expr where
  | num (n : Nat)
  | var (x : String)
  | add (a b : Expr)
  | mul (a b : Expr)

namespace Expr

def eval (env : String → Nat) : Expr → Nat
  | num n => n
  | var x => env x
  | add a b => a.eval env + b.eval env
  | mul a b => a.eval env * b.eval env

def swap : Expr → Expr
  | num n => num n
  | var x => var x
  | add a b => add b.swap a.swap
  | mul a b => mul b.swap a.swap

def plus : Expr → Expr → Expr
  | num 0, e => e
  | e, num 0 => e
  | a, b => add a b

def simplify : Expr → Expr
  | add a b => plus a.simplify b.simplify
  | mul a b => mul a.simplify b.simplify
  | e => e

def size : Expr → Nat
  | num _ => 1
  | var _ => 1
  | add a b => a.size + b.size + 1
  | mul a b => a.size + b.size + 1

theorem eval_swap (env : String → Nat) (e : Expr) : e.swap.eval env = e.eval env := by sorry
theorem swap_swap (e : Expr) : e.swap.swap = e := by sorry
theorem size_pos (e : Expr) : 0 < e.size := by sorry
theorem eval_plus (env : String → Nat) (a b : Expr) : (plus a b).eval env = a.eval env + b.eval env := by sorry
theorem eval_simplify (env : String → Nat) (e : Expr) : e.simplify.eval env = e.eval env := by sorry
theorem size_swap (e : Expr) : e.swap.size = e.size := by sorry

end Expr

inductive Instr where
  | push (n : Nat)
  | plus
  | times

def exec : List Instr → List Nat → List Nat
  | [], s => s
  | .push n :: is, s => exec is (n :: s)
  | .plus :: is, a :: b :: s => exec is ((b + a) :: s)
  | .times :: is, a :: b :: s => exec is ((b * a) :: s)
  | _ :: is, s => exec is s

theorem exec_append (is js : List Instr) (s : List Nat) : exec (is ++ js) s = exec js (exec is s) := by sorry

inductive Arith where
  | const (n : Nat)
  | plus (a b : Arith)

def Arith.eval : Arith → Nat
  | const n => n
  | plus a b => a.eval + b.eval

def Arith.compile : Arith → List Instr
  | const n => [.push n]
  | plus a b => a.compile ++ b.compile ++ [.plus]

theorem compile_correct (e : Arith) (s : List Nat) : exec e.compile s = e.eval :: s := by sorry

inductive Rose (α : Type) where
  | node (value : α) (children : List (Rose α))

mutual
def Rose.count : Rose α → Nat
  | .node _ cs => 1 + countAll cs
def countAll : List (Rose α) → Nat
  | [] => 0
  | c :: cs => c.count + countAll cs
end

theorem Rose.count_pos (t : Rose α) : 0 < t.count := by sorry
theorem countAll_append (xs ys : List (Rose α)) : countAll (xs ++ ys) = countAll xs + countAll ys := by sorry
theorem length_le_countAll (xs : List (Rose α)) : xs.length ≤ countAll xs := by sorry

mutual
def isEven : Nat → Bool
  | 0 => true
  | n + 1 => isOdd n
def isOdd : Nat → Bool
  | 0 => false
  | n + 1 => isEven n
end

theorem isEven_two (n : Nat) : isEven (n + 2) = isEven n := by sorry
theorem isOdd_not (n : Nat) : isOdd n = !isEven n := by sorry
theorem isEven_double (n : Nat) : isEven (2 * n) = true := by sorry

end Trees
