/-! Functions that collect their result in an argument, and functions of appended lists: what has to be shown is more
general than what is said, and no earlier theorem says it. -/

def fac : Nat → Nat
  | 0 => 1
  | n+1 => (n+1) * fac n

def facAcc : Nat → Nat → Nat
  | 0, a => a
  | n+1, a => facAcc n ((n+1)*a)

theorem ac1 (n : Nat) : facAcc n 1 = fac n := by sorry

def lenAcc : List α → Nat → Nat
  | [], k => k
  | _ :: xs, k => lenAcc xs (k+1)

theorem ac2 (xs : List α) : lenAcc xs 0 = xs.length := by sorry

def rev : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]

theorem ac3 (xs : List α) : rev (rev xs) = xs := by sorry

def revAcc : List α → List α → List α
  | [], a => a
  | x :: xs, a => revAcc xs (x :: a)

theorem ac4 (xs : List α) : revAcc xs [] = rev xs := by sorry

inductive T where | leaf | node (l : T) (x : Nat) (r : T)

def T.flat : T → List Nat
  | leaf => []
  | node l x r => l.flat ++ [x] ++ r.flat

def T.flatAcc : T → List Nat → List Nat
  | leaf, a => a
  | node l x r, a => l.flatAcc (x :: r.flatAcc a)

theorem ac5 (t : T) : t.flatAcc [] = t.flat := by sorry

def sumAcc (acc : Nat) : List Nat → Nat
  | [] => acc
  | x :: xs => sumAcc (acc + x) xs

def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

theorem ac6 (xs : List Nat) : sumAcc 0 xs = total xs := by sorry

theorem ac7 (xs ys : List Nat) : total (xs ++ ys) = total (ys ++ xs) := by sorry

def sumTo : Nat → Nat
  | 0 => 0
  | n+1 => (n+1) + sumTo n

def sumToAcc : Nat → Nat → Nat
  | 0, a => a
  | n+1, a => sumToAcc n (a + (n+1))

theorem ac8 (n : Nat) : sumToAcc n 0 = sumTo n := by sorry
