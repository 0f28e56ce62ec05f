/-! Small verified programs and relations, each with the lemmas it needs. Core Lean 4 only. Every statement is true. -/

namespace Programs

variable {α β : Type}

-- folds

def foldRight (f : α → β → β) (b : β) : List α → β
  | [] => b
  | x :: xs => f x (foldRight f b xs)

def foldLeft (f : β → α → β) : β → List α → β
  | b, [] => b
  | b, x :: xs => foldLeft f (f b x) xs

theorem foldRight_append (f : α → β → β) (b : β) (xs ys : List α) :
    foldRight f b (xs ++ ys) = foldRight f (foldRight f b ys) xs := by sorry
theorem foldLeft_append (f : β → α → β) (b : β) (xs ys : List α) :
    foldLeft f b (xs ++ ys) = foldLeft f (foldLeft f b xs) ys := by sorry
theorem foldRight_cons (xs : List α) : foldRight List.cons [] xs = xs := by sorry
theorem foldRight_eq (f : α → β → β) (b : β) (xs : List α) : foldRight f b xs = xs.foldr f b := by sorry
theorem foldLeft_eq (f : β → α → β) (b : β) (xs : List α) : foldLeft f b xs = xs.foldl f b := by sorry
theorem foldRight_map (f : α → β → β) (g : Nat → α) (b : β) (xs : List Nat) :
    foldRight f b (xs.map g) = foldRight (fun x acc => f (g x) acc) b xs := by sorry
theorem foldLeft_add (n : Nat) (xs : List Nat) : foldLeft (· + ·) n xs = n + foldLeft (· + ·) 0 xs := by sorry

-- take and drop

def takeL : Nat → List α → List α
  | 0, _ => []
  | _, [] => []
  | n + 1, x :: xs => x :: takeL n xs

def dropL : Nat → List α → List α
  | 0, xs => xs
  | _, [] => []
  | n + 1, _ :: xs => dropL n xs

theorem take_append_drop (n : Nat) (xs : List α) : takeL n xs ++ dropL n xs = xs := by sorry
theorem length_take (n : Nat) (xs : List α) : (takeL n xs).length = min n xs.length := by sorry
theorem length_drop (n : Nat) (xs : List α) : (dropL n xs).length = xs.length - n := by sorry
theorem take_nil (n : Nat) : takeL n ([] : List α) = [] := by sorry
theorem drop_drop (m n : Nat) (xs : List α) : dropL m (dropL n xs) = dropL (m + n) xs := by sorry

-- accumulators

def fibAux : Nat → Nat → Nat → Nat
  | 0, a, _ => a
  | n + 1, a, b => fibAux n b (a + b)

def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

theorem fibAux_fib (n k : Nat) : fibAux n (fib k) (fib (k + 1)) = fib (k + n) := by sorry
theorem fibAux_eq (n : Nat) : fibAux n 0 1 = fib n := by sorry

def powAcc (b : Nat) : Nat → Nat → Nat
  | 0, acc => acc
  | n + 1, acc => powAcc b n (acc * b)

theorem powAcc_eq (b n acc : Nat) : powAcc b n acc = acc * b ^ n := by sorry
theorem powAcc_one (b n : Nat) : powAcc b n 1 = b ^ n := by sorry

def countAcc (p : α → Bool) : List α → Nat → Nat
  | [], k => k
  | x :: xs, k => countAcc p xs (if p x then k + 1 else k)

theorem countAcc_eq (p : α → Bool) (xs : List α) (k : Nat) : countAcc p xs k = k + (xs.filter p).length := by sorry

-- sums

def sumSquares : Nat → Nat
  | 0 => 0
  | n + 1 => (n + 1) * (n + 1) + sumSquares n

def sumOdd : Nat → Nat
  | 0 => 0
  | n + 1 => sumOdd n + (2 * n + 1)

def geometric (r : Nat) : Nat → Nat
  | 0 => 0
  | n + 1 => geometric r n + r ^ n

theorem sumSquares_eq (n : Nat) : 6 * sumSquares n = n * (n + 1) * (2 * n + 1) := by sorry
theorem sumOdd_eq (n : Nat) : sumOdd n = n * n := by sorry
theorem geometric_two (n : Nat) : geometric 2 n + 1 = 2 ^ n := by sorry

-- well-founded recursion

def ack : Nat → Nat → Nat
  | 0, n => n + 1
  | m + 1, 0 => ack m 1
  | m + 1, n + 1 => ack m (ack (m + 1) n)
termination_by m n => (m, n)

def half (n : Nat) : Nat := if n < 2 then 0 else half (n - 2) + 1
termination_by n

def binary (n : Nat) : List Bool := if h : n = 0 then [] else (n % 2 == 1) :: binary (n / 2)
termination_by n

def value : List Bool → Nat
  | [] => 0
  | b :: bs => (if b then 1 else 0) + 2 * value bs

def merge : List Nat → List Nat → List Nat
  | [], ys => ys
  | xs, [] => xs
  | x :: xs, y :: ys => if x ≤ y then x :: merge xs (y :: ys) else y :: merge (x :: xs) ys
termination_by xs ys => xs.length + ys.length

def range (lo hi : Nat) : List Nat := if lo < hi then lo :: range (lo + 1) hi else []
termination_by hi - lo

theorem ack_pos (m n : Nat) : 0 < ack m n := by sorry
theorem ack_one (n : Nat) : ack 1 n = n + 2 := by sorry
theorem lt_ack (m n : Nat) : n < ack m n := by sorry
theorem half_eq (n : Nat) : half n = n / 2 := by sorry
theorem half_le (n : Nat) : half n ≤ n := by sorry
theorem value_binary (n : Nat) : value (binary n) = n := by sorry
theorem merge_length (xs ys : List Nat) : (merge xs ys).length = xs.length + ys.length := by sorry
theorem mem_merge (a : Nat) (xs ys : List Nat) : a ∈ merge xs ys ↔ a ∈ xs ∨ a ∈ ys := by sorry
theorem range_length (lo hi : Nat) : (range lo hi).length = hi - lo := by sorry
theorem mem_range (lo hi x : Nat) : x ∈ range lo hi ↔ lo ≤ x ∧ x < hi := by sorry

-- insertion sort, with what "sorted" means

def insert (a : Nat) : List Nat → List Nat
  | [] => [a]
  | x :: xs => if a ≤ x then a :: x :: xs else x :: insert a xs

def isort : List Nat → List Nat
  | [] => []
  | x :: xs => insert x (isort xs)

inductive Ordered : List Nat → Prop where
  | nil : Ordered []
  | cons (x : Nat) (xs : List Nat) : (∀ y ∈ xs, x ≤ y) → Ordered xs → Ordered (x :: xs)

theorem mem_insert (a x : Nat) (xs : List Nat) : x ∈ insert a xs ↔ x = a ∨ x ∈ xs := by sorry
theorem ordered_insert (a : Nat) (xs : List Nat) (h : Ordered xs) : Ordered (insert a xs) := by sorry
theorem ordered_isort (xs : List Nat) : Ordered (isort xs) := by sorry
theorem ordered_tail (x : Nat) (xs : List Nat) (h : Ordered (x :: xs)) : Ordered xs := by sorry
theorem ordered_le (x y : Nat) (xs : List Nat) (h : Ordered (x :: xs)) (hy : y ∈ xs) : x ≤ y := by sorry

-- association lists and options

def update (k v : Nat) : List (Nat × Nat) → List (Nat × Nat)
  | [] => [(k, v)]
  | (k', v') :: rest => if k = k' then (k, v) :: rest else (k', v') :: update k v rest

def get (k : Nat) : List (Nat × Nat) → Option Nat
  | [] => none
  | (k', v) :: rest => if k = k' then some v else get k rest

theorem get_update (k v : Nat) (m : List (Nat × Nat)) : get k (update k v m) = some v := by sorry
theorem get_update_ne (k k' v : Nat) (m : List (Nat × Nat)) (h : k ≠ k') : get k (update k' v m) = get k m := by sorry
theorem get_mem (k v : Nat) (m : List (Nat × Nat)) (h : get k m = some v) : (k, v) ∈ m := by sorry
theorem get_none (k : Nat) (m : List (Nat × Nat)) (h : get k m = none) (v : Nat) : (k, v) ∉ m := by sorry
theorem get_exists (k v : Nat) (m : List (Nat × Nat)) (h : (k, v) ∈ m) : ∃ w, get k m = some w := by sorry

def safeHead : List α → Option α
  | [] => none
  | x :: _ => some x

def lastOpt : List α → Option α
  | [] => none
  | [x] => some x
  | _ :: y :: ys => lastOpt (y :: ys)

theorem safeHead_some (xs : List α) (h : xs ≠ []) : ∃ x, safeHead xs = some x := by sorry
theorem safeHead_append (xs ys : List α) (h : xs ≠ []) : safeHead (xs ++ ys) = safeHead xs := by sorry
theorem lastOpt_append (xs : List α) (y : α) : lastOpt (xs ++ [y]) = some y := by sorry
theorem lastOpt_none (xs : List α) (h : lastOpt xs = none) : xs = [] := by sorry
theorem lastOpt_mem (xs : List α) (x : α) (h : lastOpt xs = some x) : x ∈ xs := by sorry

-- commands and their meaning

inductive Cmd where
  | skip
  | set (n : Nat)
  | seq (a b : Cmd)
  | cond (c : Bool) (a b : Cmd)

def Cmd.run : Cmd → Nat → Nat
  | skip, s => s
  | set n, _ => n
  | seq a b, s => b.run (a.run s)
  | cond c a b, s => if c then a.run s else b.run s

inductive Step : Cmd → Nat → Nat → Prop where
  | skip (s : Nat) : Step .skip s s
  | set (n s : Nat) : Step (.set n) s n
  | seq {a b : Cmd} {s t u : Nat} : Step a s t → Step b t u → Step (.seq a b) s u
  | condTrue {a b : Cmd} {s t : Nat} : Step a s t → Step (.cond true a b) s t
  | condFalse {a b : Cmd} {s t : Nat} : Step b s t → Step (.cond false a b) s t

def Cmd.optimize : Cmd → Cmd
  | seq skip b => b.optimize
  | seq a b => seq a.optimize b.optimize
  | cond true a _ => a.optimize
  | cond false _ b => b.optimize
  | c => c

theorem run_seq_assoc (a b c : Cmd) (s : Nat) : (Cmd.seq (.seq a b) c).run s = (Cmd.seq a (.seq b c)).run s := by sorry
theorem run_optimize (c : Cmd) (s : Nat) : c.optimize.run s = c.run s := by sorry
theorem step_run (c : Cmd) (s t : Nat) (h : Step c s t) : c.run s = t := by sorry
theorem run_step (c : Cmd) (s : Nat) : Step c s (c.run s) := by sorry
theorem step_deterministic (c : Cmd) (s t u : Nat) (h₁ : Step c s t) (h₂ : Step c s u) : t = u := by sorry
theorem step_seq_inv (a b : Cmd) (s u : Nat) (h : Step (.seq a b) s u) : ∃ t, Step a s t ∧ Step b t u := by sorry
theorem step_exists (c : Cmd) (s : Nat) : ∃ t, Step c s t := by sorry

-- mutual predicates

mutual
inductive IsEven : Nat → Prop where
  | zero : IsEven 0
  | succ : IsOdd n → IsEven (n + 1)
inductive IsOdd : Nat → Prop where
  | succ : IsEven n → IsOdd (n + 1)
end

theorem isEven_two : IsEven 2 := by sorry
theorem isEven_add_two (n : Nat) (h : IsEven n) : IsEven (n + 2) := by sorry
theorem isEven_or_isOdd (n : Nat) : IsEven n ∨ IsOdd n := by sorry
theorem not_isOdd_zero : ¬IsOdd 0 := by sorry

-- closures of relations

inductive Trans (R : α → α → Prop) : α → α → Prop where
  | base {a b : α} : R a b → Trans R a b
  | tail {a b c : α} : Trans R a b → R b c → Trans R a c

theorem trans_trans (R : α → α → Prop) (a b c : α) (h₁ : Trans R a b) (h₂ : Trans R b c) : Trans R a c := by sorry
theorem trans_mono (R S : α → α → Prop) (h : ∀ a b, R a b → S a b) (a b : α) (t : Trans R a b) : Trans S a b := by sorry
theorem trans_symm (R : α → α → Prop) (h : ∀ a b, R a b → R b a) (a b : α) (t : Trans R a b) : Trans R b a := by sorry
theorem trans_first (R : α → α → Prop) (a b : α) (t : Trans R a b) : ∃ c, R a c := by sorry

-- palindromes and prefixes

inductive Prefix : List α → List α → Prop where
  | nil (ys : List α) : Prefix [] ys
  | cons (x : α) {xs ys : List α} : Prefix xs ys → Prefix (x :: xs) (x :: ys)

theorem prefix_refl (xs : List α) : Prefix xs xs := by sorry
theorem prefix_append (xs ys : List α) : Prefix xs (xs ++ ys) := by sorry
theorem prefix_exists (xs ys : List α) (h : Prefix xs ys) : ∃ zs, ys = xs ++ zs := by sorry
theorem prefix_trans (xs ys zs : List α) (h₁ : Prefix xs ys) (h₂ : Prefix ys zs) : Prefix xs zs := by sorry
theorem prefix_length (xs ys : List α) (h : Prefix xs ys) : xs.length ≤ ys.length := by sorry
theorem prefix_nil (xs : List α) (h : Prefix xs []) : xs = [] := by sorry

end Programs
