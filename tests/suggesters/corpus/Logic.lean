/-! First-round holes: connectives and quantifiers. Core Lean 4 only. Every statement is true. -/

namespace Logic

variable {α β : Type}

theorem and_assoc' (p q r : Prop) : (p ∧ q) ∧ r ↔ p ∧ (q ∧ r) := by sorry
theorem or_elim3 (p q r s : Prop) (h : p ∨ q ∨ r) (hp : p → s) (hq : q → s) (hr : r → s) : s := by sorry
theorem de_morgan (p q : Prop) : ¬(p ∨ q) ↔ ¬p ∧ ¬q := by sorry
theorem contrapositive (p q : Prop) (h : p → q) : ¬q → ¬p := by sorry
theorem double_neg (p : Prop) : ¬¬(p ∨ ¬p) := by sorry
theorem distrib (p q r : Prop) : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by sorry
theorem curry (p q r : Prop) : (p ∧ q → r) ↔ (p → q → r) := by sorry
theorem chain (p q r s : Prop) (h₁ : p → q) (h₂ : q → r) (h₃ : r → s) : p → s := by sorry
theorem iff_mp (p q : Prop) (h : p ↔ q) (hp : p) : q := by sorry
theorem iff_trans' (p q r : Prop) (h₁ : p ↔ q) (h₂ : q ↔ r) : p ↔ r := by sorry
theorem absurd' (p q : Prop) (hp : p) (hn : ¬p) : q := by sorry
theorem forall_and' (P Q : α → Prop) : (∀ x, P x ∧ Q x) ↔ (∀ x, P x) ∧ (∀ x, Q x) := by sorry
theorem exists_or' (P Q : α → Prop) : (∃ x, P x ∨ Q x) ↔ (∃ x, P x) ∨ (∃ x, Q x) := by sorry
theorem not_exists' (P : α → Prop) : (¬∃ x, P x) ↔ ∀ x, ¬P x := by sorry
theorem exists_swap (R : α → β → Prop) (h : ∃ x, ∀ y, R x y) : ∀ y, ∃ x, R x y := by sorry
theorem exists_imp' (P Q : α → Prop) (h : ∀ x, P x → Q x) (hp : ∃ x, P x) : ∃ x, Q x := by sorry
theorem exists_and_left' (P : α → Prop) (q : Prop) (h : ∃ x, q ∧ P x) : q ∧ ∃ x, P x := by sorry
theorem forall_spec (P : Nat → Prop) (h : ∀ n, P n) : P 7 ∧ P 12 := by sorry
theorem mp_forall (P Q : α → Prop) (a : α) (h : ∀ x, P x → Q x) (ha : P a) : Q a := by sorry
theorem sym (R : α → α → Prop) (sym : ∀ x y, R x y → R y x) (trans : ∀ x y z, R x y → R y z → R x z)
    (x y : α) (h : R x y) : R x x := by sorry
theorem euclid (R : α → α → Prop) (refl : ∀ x, R x x) (euc : ∀ x y z, R x y → R x z → R y z)
    (x y : α) (h : R x y) : R y x := by sorry
theorem witness_two (n : Nat) (h : n = 4) : ∃ k, n = 2 * k := by sorry
theorem pair_exists : ∃ p : Nat × Nat, p.1 + p.2 = 7 ∧ p.1 < p.2 := by sorry
theorem exists_gt (n : Nat) : ∃ m, n < m := by sorry
theorem exists_between (a b : Nat) (h : a + 1 < b) : ∃ c, a < c ∧ c < b := by sorry
theorem unique_zero : ∃ n : Nat, ∀ m, n ≤ m := by sorry
theorem drinker_bool (P : Bool → Prop) : ∃ x, P x → ∀ y, P y := by sorry
theorem subst_eq (P : α → Prop) (a b c : α) (hab : a = b) (hbc : b = c) (h : P a) : P c := by sorry
theorem ne_symm' (a b : α) (h : a ≠ b) : b ≠ a := by sorry
theorem nonempty_or (p q : Prop) [Decidable p] (h : ¬p → q) : p ∨ q := by sorry
theorem em_imp (p q : Prop) (h₁ : p → q) (h₂ : ¬p → q) : q := by sorry
theorem peirce (p q : Prop) : ((p → q) → p) → p := by sorry
theorem not_and_or' (p q : Prop) (h : ¬(p ∧ q)) : ¬p ∨ ¬q := by sorry
theorem not_forall' (P : α → Prop) (h : ¬∀ x, P x) : ∃ x, ¬P x := by sorry
theorem exists_unpack (P Q : Nat → Prop) (h : ∃ x, P x ∧ x > 3 ∧ Q x) : ∃ y, Q y ∧ P y := by sorry
theorem iff_of_both (p q : Prop) (hp : p) (hq : q) : p ↔ q := by sorry
theorem or_comm4 (p q r s : Prop) (h : (p ∧ q) ∨ (r ∧ s)) : (s ∧ r) ∨ (q ∧ p) := by sorry
theorem and_congr' (p q r s : Prop) (h₁ : p ↔ q) (h₂ : r ↔ s) : p ∧ r ↔ q ∧ s := by sorry

end Logic
