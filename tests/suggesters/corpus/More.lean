/-! More first-round holes. Core Lean 4 only. Every statement is true. -/

namespace More

theorem m01 (a b c : Nat) (h : a ≤ b) : a + c ≤ b + c := by sorry
theorem m02 (a b : Nat) (h : a * 2 = b * 2) : a = b := by sorry
theorem m03 (x : Nat) (h : x * x = 0) : x = 0 := by sorry
theorem m04 (a b : Int) (h : a + b = 0) : a = -b := by sorry
theorem m05 (a b c : Int) (h₁ : a ≤ b) (h₂ : 0 ≤ c) : a * c ≤ b * c := by sorry
theorem m06 (n : Nat) (h : n % 2 = 1) : n * n % 2 = 1 := by sorry
theorem m07 (n : Nat) : (n * n + n) % 2 = 0 := by sorry
theorem m08 (a b c : Nat) (h : a ∣ b) (h' : b ∣ c) (hc : c ∣ a) (hp : 0 < a) : a = b := by sorry
theorem m09 (m n : Nat) (h : m < n) : ∃ k, n = m + k + 1 := by sorry
theorem m10 : ∃ x y : Nat, x * y = 12 ∧ x + y = 7 := by sorry
theorem m11 : ∃ f : Nat → Nat, ∀ n, f n = n + 1 := by sorry
theorem m12 (p : Nat → Prop) (h : ∃ n, p n) (h' : ∀ n, p n → p (n + 1)) : ∃ n, 0 < n ∧ p n := by sorry
theorem m13 (p : Nat → Prop) (h0 : p 0) (hs : ∀ n, p n → p (n + 1)) : p 3 := by sorry
theorem m14 (p : Nat → Prop) (h0 : p 0) (hs : ∀ n, p n → p (n + 1)) : ∀ n, p n := by sorry
theorem m15 (α : Type) (p q : α → Prop) (h : ∀ x, p x → q x) : (∀ x, p x) → ∀ x, q x := by sorry
theorem m16 (α : Type) (p : α → Prop) (a : α) (h : ∀ x, x = a → p x) : p a := by sorry
theorem m17 (α : Type) (a b c : α) (f : α → α) (h : f a = b) (h' : f b = c) : f (f a) = c := by sorry
theorem m18 (p q r : Prop) : (p → q) → (q → r) → p → r := by sorry
theorem m19 (p q : Prop) : (p ↔ q) ↔ (¬p ↔ ¬q) := by sorry
theorem m20 (p q r : Prop) : (p ∨ q → r) ↔ (p → r) ∧ (q → r) := by sorry
theorem m21 (α : Type) (r : α → α → Prop) (irr : ∀ x, ¬r x x) (tr : ∀ x y z, r x y → r y z → r x z) (a b : α) :
    r a b → ¬r b a := by sorry
theorem m22 (α β : Type) (f : α → β) (s : β → Prop) (h : ∀ a, s (f a)) (b : β) (hb : ∃ a, f a = b) : s b := by sorry
theorem m23 (xs : List Nat) (h : xs = []) : xs.length = 0 := by sorry
theorem m24 (xs : List Nat) (h : xs.length = 0) : xs = [] := by sorry
theorem m25 (x : Nat) (xs : List Nat) : x ∈ x :: xs := by sorry
theorem m26 (xs ys : List Nat) (h : xs ++ ys = []) : xs = [] ∧ ys = [] := by sorry
theorem m27 (xs ys zs : List Nat) (h : xs ++ ys = xs ++ zs) : ys = zs := by sorry
theorem m28 (x y : Nat) (xs : List Nat) (h : x ∈ xs ++ [y]) : x ∈ xs ∨ x = y := by sorry
theorem m29 (xs : List Nat) (n : Nat) : (xs.drop n).length = xs.length - n := by sorry
theorem m30 (f : Nat → Nat) (xs : List Nat) : xs.reverse.map f = (xs.map f).reverse := by sorry
theorem m31 (p q : Nat → Bool) (xs : List Nat) : (xs.filter p).filter q = xs.filter (fun x => p x && q x) := by sorry
theorem m32 (xs : List Nat) : xs.flatMap (fun x => [x]) = xs := by sorry
theorem m33 (xs : List Nat) (h : xs ≠ []) : xs.head h ∈ xs := by sorry
theorem m34 (xs : List Nat) (i : Nat) (h : i < xs.length) : xs[i] ∈ xs := by sorry
theorem m35 (xs : List Nat) (i : Nat) (h : xs.length ≤ i) : xs[i]? = none := by sorry
theorem m36 (a : Nat) (xs : List Nat) (h : a ∉ xs) : xs.filter (· == a) = [] := by sorry
theorem m37 (xs : List Nat) (h : ∀ x ∈ xs, x = 0) : xs.sum = 0 := by sorry
theorem m38 (xs : List Nat) : xs.foldr (fun x n => n + 1) 0 = xs.length := by sorry
theorem m39 (o : Option Nat) (f : Nat → Nat) (h : o.map f = none) : o = none := by sorry
theorem m40 (o : Option Nat) (h : o.isNone = false) : ∃ n, o = some n := by sorry
theorem m41 (a b : Option Nat) (h : a = none) : (a <|> b) = b := by sorry
theorem m42 (o : Option Nat) : o.bind some = o := by sorry
theorem m43 (x y : Nat × Nat) (h : x = y) : x.fst = y.fst := by sorry
theorem m44 (a b c d : Nat) (h : (a, b) = (c, d)) : a = c := by sorry
theorem m45 (p : Nat × Bool) (h : p.2 = true) : p = (p.1, true) := by sorry
theorem m46 (b : Bool) (h : b ≠ true) : b = false := by sorry
theorem m47 (a b c : Bool) : (a && (b || c)) = ((a && b) || (a && c)) := by sorry
theorem m48 (a b : Bool) (h : (a && b) = true) : a = true ∧ b = true := by sorry
theorem m49 (b : Bool) : (if b = true then 1 else 0) ≤ 1 := by sorry
theorem m50 (n : Nat) : decide (n < n + 1) = true := by sorry
theorem m51 (x y : BitVec 8) : x + y - y = x := by sorry
theorem m52 (x : BitVec 32) : x ||| 0#32 = x := by sorry
theorem m53 (x y : BitVec 16) (h : x ^^^ y = 0#16) : x = y := by sorry
theorem m54 (x : BitVec 8) : x.toNat < 256 := by sorry
theorem m55 (x y z : BitVec 32) : (x &&& y) &&& z = x &&& (y &&& z) := by sorry
theorem m56 (x y : BitVec 8) : ~~~(x &&& y) = ~~~x ||| ~~~y := by sorry
theorem m57 (i : Fin 5) : i.val ≤ 4 := by sorry
theorem m58 (i j : Fin 2) (h : i ≠ j) : i = 0 ∨ j = 0 := by sorry
theorem m59 (n : Nat) (i : Fin (n + 1)) (h : i ≠ 0) : 0 < i.val := by sorry
theorem m60 : ∀ a b : Fin 4, a + b = b + a := by sorry
theorem m61 (a : Array Nat) (h : a.size = 0) : a = #[] := by sorry
theorem m62 (a : Array Nat) (x : Nat) : (a.push x).toList = a.toList ++ [x] := by sorry
theorem m63 (a : Array Nat) (x : Nat) (i : Nat) (h : i < a.size) : (a.push x)[i]? = a[i]? := by sorry
theorem m64 (a : Array Nat) (f : Nat → Nat) (h : ∀ x ∈ a, f x = x) : a.map f = a := by sorry
theorem m65 (s t : String) (h : s = t) : s.length = t.length := by sorry
theorem m66 (s t u : String) : (s ++ t) ++ u = s ++ (t ++ u) := by sorry
theorem m67 : "ab" ++ "cd" = "abcd" := by sorry
theorem m68 (a b : Nat) (h : a ≠ b) : (if a = b then 0 else 1) = 1 := by sorry
theorem m69 (a b : Nat) : (if a < b then b else a) = max a b := by sorry
theorem m70 (n : Nat) (f : Nat → Nat) (h : f = fun x => x + n) : f 2 = n + 2 := by sorry
theorem m71 (f : Nat → Nat → Nat) (h : ∀ a b, f a b = f b a) (a b c : Nat) : f (f a b) c = f c (f b a) := by sorry
theorem m72 (α : Type) (f : α → α) (h : ∀ x, f x = x) : f = id := by sorry
theorem m73 (α β : Type) (f g : α → β) (x : α) (h : f = g) : f x = g x := by sorry
theorem m74 (α : Type) (s t : α → Prop) : (fun x => s x ∧ t x) = (fun x => t x ∧ s x) := by sorry
theorem m75 (f : Nat → Bool) : f = (fun n => !!f n) := by sorry
theorem m76 (x : Option (Option Nat)) (h : x.join = some 3) : x = some (some 3) := by sorry
theorem m77 (x : Sum Nat Bool) (h : x.isLeft = true) : ∃ n, x = .inl n := by sorry
theorem m78 (e : Except String Nat) (h : e.toOption = some 3) : e = .ok 3 := by sorry
theorem m79 (a b : Nat) (h : max a b = 0) : a = 0 ∧ b = 0 := by sorry
theorem m80 (a b : Nat) (h : a.lcm b = 0) (ha : 0 < a) : b = 0 := by sorry
theorem m81 (n : Nat) (h : 2 ≤ n) : n < 2 ^ n := by sorry
theorem m82 (a b : Nat) (h : a < b) : 2 ^ a < 2 ^ b := by sorry
theorem m83 (n : Nat) : n.pred ≤ n := by sorry
theorem m84 (a b : Nat) (h : Nat.succ a = Nat.succ b) : a = b := by sorry
theorem m85 (a b n : Nat) (h : a % n = b % n) : (a + 1) % n = (b + 1) % n := by sorry
theorem m86 (x : Int) (h : x * x = 0) : x = 0 := by sorry
theorem m87 (x : Int) : x - x = 0 := by sorry
theorem m88 (x y : Int) (h : x < y) : ¬ y ≤ x := by sorry
theorem m89 (x : Int) (h₁ : 0 < x) (h₂ : x < 2) : x = 1 := by sorry
theorem m90 (a b : Nat) (h : ¬(a = b)) : a < b ∨ b < a := by sorry

end More
