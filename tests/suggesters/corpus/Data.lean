/-! First-round holes: lists, options, pairs, arrays, strings, bits. Core Lean 4 only. Every statement is true. -/

namespace Data

variable {α β γ : Type}

theorem map_append' (f : α → β) (xs ys : List α) : (xs ++ ys).map f = xs.map f ++ ys.map f := by sorry
theorem filter_length (p : Nat → Bool) (xs : List Nat) : (xs.filter p).length ≤ xs.length := by sorry
theorem mem_append' (x : α) (xs ys : List α) (h : x ∈ xs) : x ∈ xs ++ ys := by sorry
theorem map_comp (f : α → β) (g : β → γ) (xs : List α) : (xs.map f).map g = xs.map (g ∘ f) := by sorry
theorem reverse_append' (xs ys : List α) : (xs ++ ys).reverse = ys.reverse ++ xs.reverse := by sorry
theorem length_pos (xs : List α) (h : xs ≠ []) : 0 < xs.length := by sorry
theorem cons_inj (a b : α) (xs ys : List α) (h : a :: xs = b :: ys) : a = b ∧ xs = ys := by sorry
theorem head_cons (x : Nat) (xs : List Nat) : (x :: xs).head? = some x := by sorry
theorem mem_filter' (p : Nat → Bool) (x : Nat) (xs : List Nat) (h : x ∈ xs.filter p) : p x = true := by sorry
theorem replicate_length (n : Nat) (a : α) : (List.replicate n a).length = n := by sorry
theorem take_drop (n : Nat) (xs : List α) : xs.take n ++ xs.drop n = xs := by sorry
theorem zip_length (xs : List α) (ys : List β) : (xs.zip ys).length = min xs.length ys.length := by sorry
theorem nil_or_cons (xs : List α) : xs = [] ∨ ∃ y ys, xs = y :: ys := by sorry
theorem foldl_sum (xs : List Nat) : xs.foldl (· + ·) 0 = xs.sum := by sorry
theorem mem_map' (f : α → β) (xs : List α) (y : β) (h : y ∈ xs.map f) : ∃ x ∈ xs, f x = y := by sorry
theorem all_mem (p : Nat → Bool) (xs : List Nat) (h : xs.all p = true) : ∀ x ∈ xs, p x = true := by sorry
theorem length_two (xs : List α) (h : xs.length = 2) : ∃ a b, xs = [a, b] := by sorry
theorem option_cases (o : Option Nat) (h : o ≠ none) : ∃ v, o = some v := by sorry
theorem option_map_map (f : α → β) (g : β → γ) (o : Option α) : (o.map f).map g = o.map (g ∘ f) := by sorry
theorem option_inj (a b : α) (h : some a = some b) : a = b := by sorry
theorem option_getD (o : Option Nat) (h : o.isSome = true) : some (o.getD 0) = o := by sorry
theorem option_bind (o : Option Nat) (f : Nat → Option Nat) (h : o = none) : o.bind f = none := by sorry
theorem prod_ext (p q : Nat × Nat) (h₁ : p.1 = q.1) (h₂ : p.2 = q.2) : p = q := by sorry
theorem prod_swap (p : α × β) : p.swap.swap = p := by sorry
theorem prod_exists (p : α × β) : ∃ a b, p = (a, b) := by sorry
theorem sum_cases (s : Sum α β) : (∃ a, s = .inl a) ∨ (∃ b, s = .inr b) := by sorry
theorem bool_and_comm (a b : Bool) : (a && b) = (b && a) := by sorry
theorem bool_de_morgan (a b : Bool) : !(a || b) = (!a && !b) := by sorry
theorem bool_xor (a b : Bool) : (a ^^ b) = (a != b) := by sorry
theorem bool_cond (b : Bool) (x y : Nat) (h : x = y) : (if b then x else y) = y := by sorry
theorem bool_eq_iff (a b : Bool) (h : a = true ↔ b = true) : a = b := by sorry
theorem bitvec_add_comm (x y : BitVec 16) : x + y = y + x := by sorry
theorem bitvec_xor_self (x : BitVec 64) : x ^^^ x = 0#64 := by sorry
theorem bitvec_not_not (x : BitVec 8) : ~~~(~~~x) = x := by sorry
theorem bitvec_and_or (x y : BitVec 8) : x &&& (x ||| y) = x := by sorry
theorem bitvec_and_comm (x y : BitVec 32) : x &&& y = y &&& x := by sorry
theorem bitvec_small : (5#8 + 7#8) = 12#8 := by sorry
theorem fin_lt (n : Nat) (i : Fin n) : i.val < n := by sorry
theorem fin_three (i : Fin 3) : i = 0 ∨ i = 1 ∨ i = 2 := by sorry
theorem fin_ext (n : Nat) (i j : Fin n) (h : i.val = j.val) : i = j := by sorry
theorem fin_zero (i : Fin 0) : False := by sorry
theorem array_push_size (a : Array Nat) (x : Nat) : (a.push x).size = a.size + 1 := by sorry
theorem array_map_size (f : Nat → Nat) (a : Array Nat) : (a.map f).size = a.size := by sorry
theorem array_toList (xs : List Nat) : xs.toArray.toList = xs := by sorry
theorem array_append (a b : Array Nat) : (a ++ b).size = a.size + b.size := by sorry
theorem array_mem_push (a : Array Nat) (x : Nat) : x ∈ a.push x := by sorry
theorem string_append (s : String) : s ++ "" = s := by sorry
theorem string_length : "abc".length = 3 := by sorry
theorem string_length_append (s t : String) : (s ++ t).length = s.length + t.length := by sorry
theorem char_ne : 'a' ≠ 'b' := by sorry
theorem unit_eq (a b : Unit) : a = b := by sorry
theorem getElem_zero (xs : List Nat) (h : 0 < xs.length) : xs[0] ∈ xs := by sorry
theorem getElem_append (xs ys : List Nat) (i : Nat) (h : i < xs.length) : (xs ++ ys)[i]? = xs[i]? := by sorry
theorem range_length (n : Nat) : (List.range n).length = n := by sorry
theorem mem_range' (n m : Nat) (h : m < n) : m ∈ List.range n := by sorry
theorem perm_length (xs ys : List Nat) (h : xs.Perm ys) : xs.length = ys.length := by sorry
theorem sublist_length (xs ys : List Nat) (h : xs.Sublist ys) : xs.length ≤ ys.length := by sorry
theorem subtype_prop (s : { n : Nat // n > 3 }) : s.val ≠ 0 := by sorry
theorem subtype_ext (s t : { n : Nat // n > 3 }) (h : s.val = t.val) : s = t := by sorry
theorem subset_trans (xs ys zs : List Nat) (h₁ : xs ⊆ ys) (h₂ : ys ⊆ zs) : xs ⊆ zs := by sorry

end Data
