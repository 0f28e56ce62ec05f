theory Recursion
  imports Main
begin

text \<open>Recursive functions, definitions and inductive predicates of this theory.  Every statement is true.\<close>

fun app :: "'a list \<Rightarrow> 'a list \<Rightarrow> 'a list" where
  "app [] ys = ys"
| "app (x # xs) ys = x # app xs ys"

fun reverse :: "'a list \<Rightarrow> 'a list" where
  "reverse [] = []"
| "reverse (x # xs) = app (reverse xs) [x]"

lemma r01: "app xs [] = xs" sorry
lemma r02: "app (app xs ys) zs = app xs (app ys zs)" sorry
lemma r03: "reverse (app xs ys) = app (reverse ys) (reverse xs)" sorry
lemma r04: "reverse (reverse xs) = xs" sorry
lemma r05: "app xs ys = xs @ ys" sorry

fun sum_up :: "nat list \<Rightarrow> nat \<Rightarrow> nat" where
  "sum_up [] a = a"
| "sum_up (x # xs) a = sum_up xs (a + x)"

lemma u01: "sum_up xs a = a + sum_list xs" sorry
lemma u02: "sum_up xs (a + b) = sum_up xs a + b" sorry

fun count :: "'a \<Rightarrow> 'a list \<Rightarrow> nat" where
  "count a [] = 0"
| "count a (x # xs) = (if a = x then Suc (count a xs) else count a xs)"

lemma k01: "count a xs \<le> length xs" sorry
lemma k02: "count a (xs @ ys) = count a xs + count a ys" sorry
lemma k03: "count a (rev xs) = count a xs" sorry
lemma k04: "count a xs = 0 \<longleftrightarrow> a \<notin> set xs" sorry

fun sep :: "'a \<Rightarrow> 'a list \<Rightarrow> 'a list" where
  "sep a [] = []"
| "sep a [x] = [x]"
| "sep a (x # y # zs) = x # a # sep a (y # zs)"

lemma d01: "map f (sep a xs) = sep (f a) (map f xs)" sorry
lemma d02: "length (sep a xs) = 2 * length xs - 1" sorry

fun inter :: "'a list \<Rightarrow> 'a list \<Rightarrow> 'a list" where
  "inter [] ys = ys"
| "inter xs [] = xs"
| "inter (x # xs) (y # ys) = x # y # inter xs ys"

lemma v01: "length (inter xs ys) = length xs + length ys" sorry
lemma v02: "set (inter xs ys) = set xs \<union> set ys" sorry

definition double :: "nat \<Rightarrow> nat" where "double n = n + n"
definition quad :: "nat \<Rightarrow> nat" where "quad n = double (double n)"

lemma f01: "double n = 2 * n" sorry
lemma f02: "quad n = 4 * n" sorry
lemma f03: "even (double n)" sorry

fun fib :: "nat \<Rightarrow> nat" where
  "fib 0 = 0"
| "fib (Suc 0) = 1"
| "fib (Suc (Suc n)) = fib n + fib (Suc n)"

lemma g01: "n > 0 \<Longrightarrow> fib n > 0" sorry
lemma g02: "(\<Sum>i\<le>n. fib i) = fib (n + 2) - 1" sorry

fun halve :: "nat \<Rightarrow> nat" where
  "halve 0 = 0"
| "halve (Suc 0) = 0"
| "halve (Suc (Suc n)) = Suc (halve n)"

lemma h01: "halve n \<le> n" sorry
lemma h02: "halve (2 * n) = n" sorry
lemma h03: "halve n = n div 2" sorry

inductive ev :: "nat \<Rightarrow> bool" where
  ev0: "ev 0"
| evSS: "ev n \<Longrightarrow> ev (Suc (Suc n))"

lemma q01: "ev n \<Longrightarrow> even n" sorry
lemma q02: "ev (Suc (Suc (Suc (Suc 0))))" sorry
lemma q03: "ev m \<Longrightarrow> ev n \<Longrightarrow> ev (m + n)" sorry
lemma q04: "\<not> ev (Suc 0)" sorry
lemma q05: "ev (2 * n)" sorry

inductive star :: "('a \<Rightarrow> 'a \<Rightarrow> bool) \<Rightarrow> 'a \<Rightarrow> 'a \<Rightarrow> bool" for r where
  refl: "star r x x"
| step: "r x y \<Longrightarrow> star r y z \<Longrightarrow> star r x z"

lemma w01: "r x y \<Longrightarrow> star r x y" sorry
lemma w02: "star r x y \<Longrightarrow> star r y z \<Longrightarrow> star r x z" sorry

fun insort :: "nat \<Rightarrow> nat list \<Rightarrow> nat list" where
  "insort x [] = [x]"
| "insort x (y # ys) = (if x \<le> y then x # y # ys else y # insort x ys)"

fun isort :: "nat list \<Rightarrow> nat list" where
  "isort [] = []"
| "isort (x # xs) = insort x (isort xs)"

lemma o01: "set (insort x xs) = insert x (set xs)" sorry
lemma o02: "sorted xs \<Longrightarrow> sorted (insort x xs)" sorry
lemma o03: "set (isort xs) = set xs" sorry
lemma o04: "sorted (isort xs)" sorry
lemma o05: "length (isort xs) = length xs" sorry

fun lookup :: "('a \<times> 'b) list \<Rightarrow> 'a \<Rightarrow> 'b option" where
  "lookup [] k = None"
| "lookup ((a, b) # ps) k = (if a = k then Some b else lookup ps k)"

lemma z01: "lookup ps k = None \<longleftrightarrow> k \<notin> fst ` set ps" sorry
lemma z02: "lookup (ps @ qs) k = (case lookup ps k of None \<Rightarrow> lookup qs k | Some v \<Rightarrow> Some v)" sorry

end
