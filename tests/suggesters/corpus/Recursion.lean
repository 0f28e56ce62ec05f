/-! Recursive functions on numbers and lists. Core Lean 4 only. Every statement is true. -/

namespace Recursion

variable {α β : Type}

def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2

def triangle : Nat → Nat
  | 0 => 0
  | n + 1 => triangle n + (n + 1)

def fact : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * fact n

def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

def addTo : Nat → Nat → Nat
  | 0, m => m
  | n + 1, m => addTo n (m + 1)

def sumTo (f : Nat → Nat) : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo f n + f n

theorem double_eq (n : Nat) : double n = 2 * n := by sorry
theorem double_add (m n : Nat) : double (m + n) = double m + double n := by sorry
theorem triangle_eq (n : Nat) : 2 * triangle n = n * (n + 1) := by sorry
theorem triangle_le (n : Nat) : n ≤ triangle n := by sorry
theorem fact_pos (n : Nat) : 0 < fact n := by sorry
theorem le_fact (n : Nat) : n ≤ fact n := by sorry
theorem fib_pos (n : Nat) : 0 < fib (n + 1) := by sorry
theorem fib_lt (n : Nat) : fib n < 2 ^ n := by sorry
theorem fib_sum (n : Nat) : sumTo fib n + 1 = fib (n + 1) := by sorry
theorem addTo_eq (n m : Nat) : addTo n m = n + m := by sorry
theorem sumTo_add (f g : Nat → Nat) (n : Nat) : sumTo (fun i => f i + g i) n = sumTo f n + sumTo g n := by sorry
theorem sumTo_const (c n : Nat) : sumTo (fun _ => c) n = n * c := by sorry
theorem sumTo_congr (f g : Nat → Nat) (h : ∀ i, f i = g i) (n : Nat) : sumTo f n = sumTo g n := by sorry
theorem sumTo_mono (f : Nat → Nat) (n : Nat) : sumTo f n ≤ sumTo f (n + 1) := by sorry

def app : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: app xs ys

def len : List α → Nat
  | [] => 0
  | _ :: xs => len xs + 1

def rev : List α → List α
  | [] => []
  | x :: xs => app (rev xs) [x]

def revOnto : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => revOnto xs (x :: acc)

def mapL (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: mapL f xs

def keep (p : α → Bool) : List α → List α
  | [] => []
  | x :: xs => if p x then x :: keep p xs else keep p xs

def sum : List Nat → Nat
  | [] => 0
  | x :: xs => x + sum xs

def sumAcc : List Nat → Nat → Nat
  | [], acc => acc
  | x :: xs, acc => sumAcc xs (acc + x)

def maximum : List Nat → Nat
  | [] => 0
  | x :: xs => max x (maximum xs)

def count (a : Nat) : List Nat → Nat
  | [] => 0
  | x :: xs => if x = a then count a xs + 1 else count a xs

def contains (a : Nat) : List Nat → Bool
  | [] => false
  | x :: xs => x == a || contains a xs

def everyOther : List α → List α
  | [] => []
  | [x] => [x]
  | x :: _ :: xs => x :: everyOther xs

def interleave : List α → List α → List α
  | [], ys => ys
  | x :: xs, [] => x :: xs
  | x :: xs, y :: ys => x :: y :: interleave xs ys

def insertSorted (a : Nat) : List Nat → List Nat
  | [] => [a]
  | x :: xs => if a ≤ x then a :: x :: xs else x :: insertSorted a xs

def sort : List Nat → List Nat
  | [] => []
  | x :: xs => insertSorted x (sort xs)

def nth : List α → Nat → Option α
  | [], _ => none
  | x :: _, 0 => some x
  | _ :: xs, n + 1 => nth xs n

def lookup (k : Nat) : List (Nat × α) → Option α
  | [] => none
  | (k', v) :: rest => if k = k' then some v else lookup k rest

def zipL : List α → List β → List (α × β)
  | x :: xs, y :: ys => (x, y) :: zipL xs ys
  | _, _ => []

def prefixes : List α → List (List α)
  | [] => [[]]
  | x :: xs => [] :: (prefixes xs).map (x :: ·)

theorem app_nil (xs : List α) : app xs [] = xs := by sorry
theorem app_assoc (xs ys zs : List α) : app (app xs ys) zs = app xs (app ys zs) := by sorry
theorem app_eq (xs ys : List α) : app xs ys = xs ++ ys := by sorry
theorem len_app (xs ys : List α) : len (app xs ys) = len ys + len xs := by sorry
theorem len_eq (xs : List α) : len xs = xs.length := by sorry
theorem rev_app (xs ys : List α) : rev (app xs ys) = app (rev ys) (rev xs) := by sorry
theorem rev_rev (xs : List α) : rev (rev xs) = xs := by sorry
theorem len_rev (xs : List α) : len (rev xs) = len xs := by sorry
theorem rev_eq (xs : List α) : rev xs = xs.reverse := by sorry
theorem revOnto_eq (xs acc : List α) : revOnto xs acc = app (rev xs) acc := by sorry
theorem revOnto_nil (xs : List α) : revOnto xs [] = rev xs := by sorry
theorem len_revOnto (xs acc : List α) : len (revOnto xs acc) = len xs + len acc := by sorry
theorem mapL_app (f : α → β) (xs ys : List α) : mapL f (app xs ys) = app (mapL f xs) (mapL f ys) := by sorry
theorem mapL_id (xs : List α) : mapL (fun x => x) xs = xs := by sorry
theorem len_mapL (f : α → β) (xs : List α) : len (mapL f xs) = len xs := by sorry
theorem rev_mapL (f : α → β) (xs : List α) : rev (mapL f xs) = mapL f (rev xs) := by sorry
theorem mapL_eq (f : α → β) (xs : List α) : mapL f xs = xs.map f := by sorry
theorem keep_len (p : α → Bool) (xs : List α) : len (keep p xs) ≤ len xs := by sorry
theorem keep_keep (p : α → Bool) (xs : List α) : keep p (keep p xs) = keep p xs := by sorry
theorem keep_app (p : α → Bool) (xs ys : List α) : keep p (app xs ys) = app (keep p xs) (keep p ys) := by sorry
theorem keep_mem (p : α → Bool) (x : α) (xs : List α) (h : x ∈ keep p xs) : p x = true := by sorry
theorem sum_app (xs ys : List Nat) : sum (app xs ys) = sum xs + sum ys := by sorry
theorem sum_rev (xs : List Nat) : sum (rev xs) = sum xs := by sorry
theorem sumAcc_eq (xs : List Nat) (acc : Nat) : sumAcc xs acc = acc + sum xs := by sorry
theorem sumAcc_zero (xs : List Nat) : sumAcc xs 0 = sum xs := by sorry
theorem sum_pos (x : Nat) (xs : List Nat) (hx : 0 < x) (h : x ∈ xs) : 0 < sum xs := by sorry
theorem le_maximum (x : Nat) (xs : List Nat) (h : x ∈ xs) : x ≤ maximum xs := by sorry
theorem maximum_le_sum (xs : List Nat) : maximum xs ≤ sum xs := by sorry
theorem maximum_app (xs ys : List Nat) : maximum (xs ++ ys) = max (maximum xs) (maximum ys) := by sorry
theorem count_app (a : Nat) (xs ys : List Nat) : count a (xs ++ ys) = count a xs + count a ys := by sorry
theorem count_le (a : Nat) (xs : List Nat) : count a xs ≤ xs.length := by sorry
theorem count_zero (a : Nat) (xs : List Nat) (h : a ∉ xs) : count a xs = 0 := by sorry
theorem contains_iff (a : Nat) (xs : List Nat) : contains a xs = true ↔ a ∈ xs := by sorry
theorem everyOther_len (xs : List α) : len (everyOther xs) ≤ len xs := by sorry
theorem everyOther_map (f : α → β) (xs : List α) : everyOther (xs.map f) = (everyOther xs).map f := by sorry
theorem interleave_len (xs ys : List α) : (interleave xs ys).length = xs.length + ys.length := by sorry
theorem interleave_nil (xs : List α) : interleave xs [] = xs := by sorry
theorem insert_len (a : Nat) (xs : List Nat) : len (insertSorted a xs) = len xs + 1 := by sorry
theorem insert_sum (a : Nat) (xs : List Nat) : sum (insertSorted a xs) = a + sum xs := by sorry
theorem insert_mem (a x : Nat) (xs : List Nat) : x ∈ insertSorted a xs ↔ x = a ∨ x ∈ xs := by sorry
theorem sort_len (xs : List Nat) : len (sort xs) = len xs := by sorry
theorem sort_sum (xs : List Nat) : sum (sort xs) = sum xs := by sorry
theorem sort_mem (x : Nat) (xs : List Nat) : x ∈ sort xs ↔ x ∈ xs := by sorry
theorem nth_none (xs : List α) (n : Nat) (h : len xs ≤ n) : nth xs n = none := by sorry
theorem nth_some (xs : List α) (n : Nat) (h : n < len xs) : ∃ x, nth xs n = some x := by sorry
theorem nth_map (f : α → β) (xs : List α) (n : Nat) : nth (mapL f xs) n = (nth xs n).map f := by sorry
theorem nth_eq (xs : List α) (n : Nat) : nth xs n = xs[n]? := by sorry
theorem lookup_mem (k : Nat) (v : α) (l : List (Nat × α)) (h : lookup k l = some v) : (k, v) ∈ l := by sorry
theorem zipL_len (xs : List α) (ys : List β) : len (zipL xs ys) = min (len xs) (len ys) := by sorry
theorem zipL_nil (xs : List α) : zipL xs ([] : List β) = [] := by sorry
theorem prefixes_length (xs : List α) : (prefixes xs).length = xs.length + 1 := by sorry

def log2 (n : Nat) : Nat := if n ≤ 1 then 0 else log2 (n / 2) + 1
termination_by n

def digits (n : Nat) : List Nat := if n < 10 then [n] else n % 10 :: digits (n / 10)
termination_by n

def countdown (n : Nat) : List Nat := if h : n = 0 then [] else n :: countdown (n - 1)
termination_by n

def gcd (a b : Nat) : Nat := if h : b = 0 then a else gcd b (a % b)
termination_by b
decreasing_by exact Nat.mod_lt _ (Nat.pos_of_ne_zero h)

def halve : Nat → Nat
  | 0 => 0
  | 1 => 0
  | n + 2 => halve n + 1

def collapse (n : Nat) : Nat := if n = 0 then 0 else collapse (n - 1)
termination_by n

theorem log2_le (n : Nat) : log2 n ≤ n := by sorry
theorem digits_ne_nil (n : Nat) : digits n ≠ [] := by sorry
theorem digits_small (n d : Nat) (h : d ∈ digits n) : d < 10 := by sorry
theorem countdown_length (n : Nat) : (countdown n).length = n := by sorry
theorem gcd_zero (a : Nat) : gcd a 0 = a := by sorry
theorem gcd_pos (a b : Nat) (h : 0 < a) : 0 < gcd a b := by sorry
theorem halve_eq (n : Nat) : halve n = n / 2 := by sorry
theorem collapse_zero (n : Nat) : collapse n = 0 := by sorry

end Recursion
