theory Accumulators
  imports Main
begin

datatype 'a tree = Leaf | Node "'a tree" 'a "'a tree"

fun fringe :: "'a tree \<Rightarrow> 'a list" where
  "fringe Leaf = []"
| "fringe (Node l x r) = fringe l @ [x] @ fringe r"

fun fr_acc :: "'a tree \<Rightarrow> 'a list \<Rightarrow> 'a list" where
  "fr_acc Leaf acc = acc"
| "fr_acc (Node l x r) acc = fr_acc l (x # fr_acc r acc)"

lemma a1: "fr_acc t [] = fringe t"
  sorry

fun mul_acc :: "nat \<Rightarrow> nat \<Rightarrow> nat \<Rightarrow> nat" where
  "mul_acc 0 n a = a"
| "mul_acc (Suc m) n a = mul_acc m n (a + n)"

lemma a2: "mul_acc m n 0 = m * n"
  sorry

fun itrev :: "'a list \<Rightarrow> 'a list \<Rightarrow> 'a list" where
  "itrev [] ys = ys"
| "itrev (x # xs) ys = itrev xs (x # ys)"

lemma a3: "itrev xs [] = rev xs"
  sorry

fun run :: "nat list \<Rightarrow> nat \<Rightarrow> nat" where
  "run [] s = s"
| "run (i # is) s = run is (s + i)"

lemma a4: "run (is @ js) s = run js (run is s)"
  sorry

fun facc :: "nat \<Rightarrow> nat \<Rightarrow> nat" where
  "facc 0 a = a"
| "facc (Suc n) a = facc n (Suc n * a)"

lemma a5: "facc n 1 = fact n"
  sorry

end
