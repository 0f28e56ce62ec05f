-- None of these is true, or within reach of what is there: a search ends with its budget and says what it did.

theorem never (a b : Nat) : a + b = a * b := by sorry

theorem both (a b : Nat) : a + b = b + a ∧ a ≤ b := by sorry

theorem smaller (n : Nat) : n * n < n + 5 := by sorry

theorem even_or (n : Nat) (h : n % 2 = 1) : n % 4 = 1 := by sorry

theorem lists (xs ys : List Nat) : xs ++ ys = ys ++ xs := by sorry

theorem reversed (xs : List Nat) : xs.reverse = xs := by sorry

theorem either (p q : Prop) (h : p ∨ q) : p ∧ q := by sorry

theorem turned (p q : Nat → Prop) (h : ∀ n, p n ∨ q n) : (∀ n, p n) ∨ ∀ n, q n := by sorry

theorem constant (f : Nat → Nat) (h : ∀ n, f (f n) = f n) : ∀ n, f n = n := by sorry

theorem peirce_like (p q r : Prop) (h : (p → q) → r) : (p → r) → q := by sorry

theorem powers (n : Nat) : 2 ^ n < n ^ 3 + 100 := by sorry
