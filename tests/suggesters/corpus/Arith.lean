/-! First-round holes: numbers, functions, conditionals. Core Lean 4 only. Every statement is true. -/

namespace Arith

variable {α β γ : Type}

theorem add_lt (a b c : Nat) (h₁ : a < b) (h₂ : b < c) : a + 1 < c := by sorry
theorem mul_assoc' (a b c : Nat) : a * b * c = c * b * a := by sorry
theorem square (a b : Nat) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b := by sorry
theorem mod_two (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by sorry
theorem even_sum (a b : Nat) (ha : a % 2 = 1) (hb : b % 2 = 1) : (a + b) % 2 = 0 := by sorry
theorem div_le (n : Nat) : n / 2 ≤ n := by sorry
theorem pos_of_ne (n : Nat) (h : n ≠ 0) : 0 < n := by sorry
theorem pred_lt (n : Nat) (h : 0 < n) : n - 1 < n := by sorry
theorem exists_succ (n : Nat) (h : 0 < n) : ∃ m, n = m + 1 := by sorry
theorem int_neg (a : Int) (h : -a < 3) : a > -3 := by sorry
theorem int_sub (a b : Int) : a - b = -(b - a) := by sorry
theorem int_mul (a b c : Int) : a * (b - c) = a * b - a * c := by sorry
theorem int_square (a : Int) : 0 ≤ a * a := by sorry
theorem int_abs (a : Int) (h : a.natAbs = 0) : a = 0 := by sorry
theorem int_toNat (a : Int) (h : 0 ≤ a) : (a.toNat : Int) = a := by sorry
theorem cast_add (a b : Nat) : ((a + b : Nat) : Int) = (b : Int) + a := by sorry
theorem max_comm' (a b : Nat) : max a b = max b a := by sorry
theorem min_le (a b : Nat) : min a b ≤ a := by sorry
theorem max_le_iff (a b c : Nat) (h : max a b ≤ c) : a ≤ c ∧ b ≤ c := by sorry
theorem dvd_trans' (a b c : Nat) (h₁ : a ∣ b) (h₂ : b ∣ c) : a ∣ c := by sorry
theorem dvd_add' (a b c : Nat) (h₁ : a ∣ b) (h₂ : a ∣ c) : a ∣ b + c := by sorry
theorem dvd_mul (a b c : Nat) (h : a ∣ c) : a ∣ b * c := by sorry
theorem two_dvd (n : Nat) (h : 4 ∣ n) : 2 ∣ n := by sorry
theorem dvd_six : 3 ∣ 12 ∧ ¬ 5 ∣ 12 := by sorry
theorem le_mul (a b : Nat) (h : 0 < b) : a ≤ a * b := by sorry
theorem mul_lt (a b c : Nat) (h : a < b) (hc : 0 < c) : a * c < b * c := by sorry
theorem mul_mono (a b c d : Nat) (h₁ : a ≤ b) (h₂ : c ≤ d) : a * c ≤ b * d := by sorry
theorem pow_pos' (n : Nat) : 0 < 2 ^ n := by sorry
theorem pow_succ' (a n : Nat) : a ^ (n + 1) = a * a ^ n := by sorry
theorem pow_add' (a m n : Nat) : a ^ (m + n) = a ^ n * a ^ m := by sorry
theorem sub_add (a b : Nat) (h : b ≤ a) : a - b + b = a := by sorry
theorem small_primes (n : Nat) (h₁ : 1 < n) (h₂ : n < 4) : n = 2 ∨ n = 3 := by sorry
theorem mod_bound (n : Nat) (h : n < 5) : n * n < 25 := by sorry
theorem decide_small : ∀ n : Fin 10, n.val * n.val < 100 := by sorry
theorem gcd_dvd (a b : Nat) : a.gcd b ∣ a := by sorry
theorem gcd_self' (n : Nat) : n.gcd n = n := by sorry
theorem ite_le (p : Prop) [Decidable p] (a b : Nat) : (if p then a else b) ≤ a + b := by sorry
theorem ite_same (p : Prop) [Decidable p] (a : α) : (if p then a else a) = a := by sorry
theorem ite_min (a b : Nat) : (if a ≤ b then a else b) = min a b := by sorry
theorem ite_nested (n : Nat) : (if n < 5 then (if n < 3 then 1 else 2) else 3) ≤ 3 := by sorry
theorem ite_pos (n : Nat) (h : (if n = 0 then 1 else 2) = 1) : n = 0 := by sorry
theorem match_nat (n : Nat) : (match n with | 0 => 1 | k + 1 => k + 2) = n + 1 := by sorry
theorem match_option (o : Option Nat) : (match o with | none => 0 | some v => v) = o.getD 0 := by sorry
theorem fun_comp_id (f : α → β) : f ∘ id = f := by sorry
theorem fun_assoc (f : α → β) (g : β → γ) (h : γ → Nat) : (h ∘ g) ∘ f = h ∘ (g ∘ f) := by sorry
theorem fun_eq (f g : Nat → Nat) (h : ∀ x, f x = g x) : f = g := by sorry
theorem fun_add (f : Nat → Nat) (h : ∀ x, f x = x + 1) : f (f 3) = 5 := by sorry
theorem fun_two : (fun x : Nat => x + x) = (fun x => 2 * x) := by sorry
theorem injective_comp (f : α → β) (g : β → γ) (hf : ∀ x y, f x = f y → x = y) (hg : ∀ x y, g x = g y → x = y) :
    ∀ x y, g (f x) = g (f y) → x = y := by sorry
theorem surjective_comp (f : α → β) (g : β → γ) (hf : ∀ y, ∃ x, f x = y) (hg : ∀ z, ∃ y, g y = z) :
    ∀ z, ∃ x, g (f x) = z := by sorry
theorem left_inverse (f : α → β) (g : β → α) (h : ∀ x, g (f x) = x) (x y : α) (e : f x = f y) : x = y := by sorry
theorem involutive (f : Nat → Nat) (h : ∀ x, f (f x) = x) (a b : Nat) (e : f a = b) : f b = a := by sorry
theorem congr_two (f : Nat → Nat → Nat) (a b c d : Nat) (h₁ : a = b) (h₂ : c = d) : f a c = f b d := by sorry
theorem congr_arg (f : Nat → Nat) (a b : Nat) : f (a + b) = f (b + a) := by sorry
theorem mono_le (f : Nat → Nat) (h : ∀ a b, a ≤ b → f a ≤ f b) (a : Nat) : f a ≤ f (a + 3) := by sorry
theorem fixed_point (f : Nat → Nat) (h : ∃ x, f x = x) : ∃ x, f (f x) = x := by sorry
theorem calc_like (a b c d : Nat) (h₁ : a = b + 1) (h₂ : b = c * 2) (h₃ : c = d) : a = 2 * d + 1 := by sorry
theorem rw_back (a b : Nat) (f : Nat → Nat) (h : f b = a) (h' : f a = 4) : f (f b) = 4 := by sorry
theorem let_in (n : Nat) : (let m := n + 1; m * 2) = 2 * n + 2 := by sorry
theorem set_ext (A B : Nat → Prop) (h : ∀ x, A x ↔ B x) : A = B := by sorry
theorem prop_ext (p q : Prop) (h₁ : p → q) (h₂ : q → p) : p = q := by sorry
theorem add_left (a b c : Nat) (h : a + b = a + c) : b = c := by sorry
theorem not_lt (a b : Nat) (h : ¬ a < b) : b ≤ a := by sorry
theorem trichotomy (a b : Nat) : a < b ∨ a = b ∨ b < a := by sorry
theorem quarter (n : Nat) (h : n % 4 = 3) : ∃ k, n = 4 * k + 3 := by sorry
theorem even_or_odd (n : Nat) : (∃ k, n = 2 * k) ∨ (∃ k, n = 2 * k + 1) := by sorry
theorem even_mul (n : Nat) : ∃ k, n * (n + 1) = 2 * k := by sorry
theorem le_iff_exists (a b : Nat) : a ≤ b ↔ ∃ k, b = a + k := by sorry

end Arith
