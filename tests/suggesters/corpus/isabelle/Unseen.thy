theory Unseen
  imports Main
begin

text \<open>Statements of textbooks and exercises.  Every statement is true.\<close>

lemma e01: "(m::nat) * Suc n = m + m * n" sorry
lemma e02: "(x::int) dvd y \<Longrightarrow> x dvd y * z + y" sorry
lemma e03: "Suc (m + n) = Suc m + n" sorry
lemma e04: "(a::nat) - b - c = a - (b + c)" sorry
lemma e05: "\<lbrakk>(a::int) \<le> b; c \<le> d\<rbrakk> \<Longrightarrow> a + c \<le> b + d" sorry
lemma e06: "(n::nat) \<noteq> 0 \<Longrightarrow> n div n = 1" sorry
lemma e07: "x mod (n::nat) < n \<or> n = 0" sorry
lemma e08: "(\<not> (\<forall>x. P x)) = (\<exists>x. \<not> P x)" sorry
lemma e09: "(\<exists>x. P x \<longrightarrow> Q) = ((\<forall>x. P x) \<longrightarrow> Q)" sorry
lemma e10: "\<lbrakk>\<forall>x. P x \<longrightarrow> P (f x); P a\<rbrakk> \<Longrightarrow> P (f (f a))" sorry
lemma e11: "P \<or> \<not> P" sorry
lemma e12: "(A \<longleftrightarrow> B) \<longleftrightarrow> (B \<longleftrightarrow> A)" sorry
lemma e13: "\<exists>x. x \<in> A \<Longrightarrow> A \<noteq> {}" sorry
lemma e14: "(\<Union>i\<in>I. A i \<union> B i) = (\<Union>i\<in>I. A i) \<union> (\<Union>i\<in>I. B i)" sorry
lemma e15: "- (A \<union> B) = - A \<inter> - B" sorry
lemma e16: "f ` f -` B \<subseteq> B" sorry
lemma e17: "A \<subseteq> f -` (f ` A)" sorry
lemma e18: "\<lbrakk>finite A; x \<notin> A\<rbrakk> \<Longrightarrow> card (insert x A) = Suc (card A)" sorry
lemma e19: "finite (A \<union> B) \<longleftrightarrow> finite A \<and> finite B" sorry
lemma e20: "\<lbrakk>finite A; finite B\<rbrakk> \<Longrightarrow> card (A \<times> B) = card A * card B" sorry
lemma e21: "finite A \<Longrightarrow> B \<subseteq> A \<Longrightarrow> finite B \<and> card B \<le> card A" sorry
lemma e22: "finite A \<Longrightarrow> sum (\<lambda>x. 1) A = card A" sorry
lemma e23: "card {1..n} = n" for n :: nat sorry
lemma e24: "finite S \<Longrightarrow> card (Pow S) = 2 ^ card S" sorry
lemma e25: "length (map f xs) = length xs" sorry
lemma e26: "xs \<noteq> [] \<Longrightarrow> last (rev xs) = hd xs" sorry
lemma e27: "(xs @ ys = xs @ zs) = (ys = zs)" sorry
lemma e28: "filter P (xs @ ys) = filter P xs @ filter P ys" sorry
lemma e29: "sum_list (xs @ ys) = sum_list xs + sum_list (ys :: nat list)" sorry
lemma e30: "n \<le> length xs \<Longrightarrow> length (take n xs) = n" sorry
lemma e31: "take n (map f xs) = map f (take n xs)" sorry
lemma e32: "distinct (xs @ ys) \<Longrightarrow> set xs \<inter> set ys = {}" sorry
lemma e33: "zip (map f xs) (map g xs) = map (\<lambda>x. (f x, g x)) xs" sorry
lemma e34: "foldr f (xs @ ys) a = foldr f xs (foldr f ys a)" sorry
lemma e35: "rev xs = [] \<longleftrightarrow> xs = []" sorry
lemma e36: "length xs = n \<Longrightarrow> n > 0 \<Longrightarrow> \<exists>y ys. xs = y # ys" sorry
lemma e37: "id \<circ> f = f \<circ> id" sorry
lemma e38: "(h \<circ> g) \<circ> f = h \<circ> (g \<circ> f)" sorry
lemma e39: "inj (g \<circ> f) \<Longrightarrow> inj f" sorry
lemma e40: "surj (g \<circ> f) \<Longrightarrow> surj g" sorry
lemma e41: "\<lbrakk>bij f; f x = f y\<rbrakk> \<Longrightarrow> x = y" sorry
lemma e42: "(f(x := y)) x = y" sorry
lemma e43: "(f (x := a))(x := b) = f (x := b)" sorry
lemma e44: "map_option f (Some x) \<noteq> None" sorry
lemma e45: "(x, y) \<in> (r O s) O t \<Longrightarrow> (x, y) \<in> r O (s O t)" sorry
lemma e46: "r\<^sup>*\<^sup>* x y \<Longrightarrow> r\<^sup>*\<^sup>* y z \<Longrightarrow> r\<^sup>*\<^sup>* x z" sorry
lemma e47: "(\<Sum>i=0..n. i * i) * 6 = n * (n + 1) * (2 * n + 1)" for n :: nat sorry
lemma e48: "3 dvd (4 ^ n - 1 :: int)" sorry
lemma e49: "(\<Sum>i<n. (2::nat) ^ i) = 2 ^ n - 1" sorry
lemma e50: "(1 + x) ^ 2 = 1 + 2 * x + x ^ 2" for x :: int sorry

lemma e51:
  fixes x y :: nat
  assumes "x < y" and "y < z"
  shows "\<exists>d > 0. z = x + d"
  sorry

lemma e52:
  assumes "inj f" and "inj g"
  shows "f (g x) = f (g y) \<longleftrightarrow> x = y"
  sorry

lemma e53: "\<lbrakk>\<And>x. x \<in> A \<Longrightarrow> x \<in> B; \<And>x. x \<in> B \<Longrightarrow> x \<in> A\<rbrakk> \<Longrightarrow> A = B" sorry

lemma e54:
  assumes "A \<subseteq> B"
  shows "A \<inter> C \<subseteq> B \<inter> C"
proof
  fix x
  assume x: "x \<in> A \<inter> C"
  then have "x \<in> A" and "x \<in> C" sorry
  have "x \<in> B" sorry
  show "x \<in> B \<inter> C" sorry
qed

lemma e55: "P \<and> Q \<Longrightarrow> Q \<or> R"
proof -
  assume pq: "P \<and> Q"
  from pq have q: Q sorry
  show "Q \<or> R" sorry
qed

lemma e56: "n \<le> n * (n::nat)"
proof (cases n)
  case 0
  show ?thesis sorry
next
  case (Suc m)
  show ?thesis sorry
qed

datatype nat2 = Zero | Succ nat2

primrec add :: "nat2 \<Rightarrow> nat2 \<Rightarrow> nat2" (infixl "\<oplus>" 65) where
  "Zero \<oplus> n = n"
| "Succ m \<oplus> n = Succ (m \<oplus> n)"

primrec to_nat :: "nat2 \<Rightarrow> nat" where
  "to_nat Zero = 0"
| "to_nat (Succ n) = Suc (to_nat n)"

lemma w01: "m \<oplus> Zero = m" sorry
lemma w02: "(a \<oplus> b) \<oplus> c = a \<oplus> (b \<oplus> c)" sorry
lemma w03: "to_nat (a \<oplus> b) = to_nat a + to_nat b" sorry
lemma w04: "m \<oplus> Succ n = Succ (m \<oplus> n)" sorry
lemma w05: "m \<oplus> n = n \<oplus> m" sorry
lemma w06: "to_nat a = to_nat b \<Longrightarrow> a = b" sorry

fun len_acc :: "'a list \<Rightarrow> nat \<Rightarrow> nat" where
  "len_acc [] n = n"
| "len_acc (_ # xs) n = len_acc xs (Suc n)"

lemma w08: "len_acc xs n = length xs + n" sorry
lemma w09: "len_acc xs 0 = length xs" sorry

fun sumto :: "nat \<Rightarrow> nat" where
  "sumto 0 = 0"
| "sumto (Suc n) = Suc n + sumto n"

lemma w10: "sumto n = n * (n + 1) div 2" sorry
lemma w11: "2 * sumto n = n * (n + 1)" sorry

fun mem_t :: "nat \<Rightarrow> nat list \<Rightarrow> nat \<Rightarrow> bool" where
  "mem_t x [] _ = False"
| "mem_t x (y # ys) d = (x = y + d \<or> mem_t x ys d)"

lemma w12: "mem_t x ys d \<Longrightarrow> x \<ge> d" sorry
lemma w13: "mem_t x ys 0 = (x \<in> set ys)" sorry

fun merge :: "nat list \<Rightarrow> nat list \<Rightarrow> nat list" where
  "merge [] ys = ys"
| "merge xs [] = xs"
| "merge (x # xs) (y # ys) = (if x \<le> y then x # merge xs (y # ys) else y # merge (x # xs) ys)"

lemma w14: "set (merge xs ys) = set xs \<union> set ys" sorry
lemma w15: "length (merge xs ys) = length xs + length ys" sorry
lemma w16: "sorted xs \<Longrightarrow> sorted ys \<Longrightarrow> sorted (merge xs ys)" sorry

fun zip2 :: "'a list \<Rightarrow> 'b list \<Rightarrow> ('a \<times> 'b) list" where
  "zip2 (x # xs) (y # ys) = (x, y) # zip2 xs ys"
| "zip2 _ _ = []"

lemma w17: "length (zip2 xs ys) = min (length xs) (length ys)" sorry
lemma w18: "zip2 xs ys = zip xs ys" sorry

datatype 'a ltree = Lf 'a | Nd "'a ltree" "'a ltree"

fun lmap :: "('a \<Rightarrow> 'b) \<Rightarrow> 'a ltree \<Rightarrow> 'b ltree" where
  "lmap f (Lf a) = Lf (f a)"
| "lmap f (Nd l r) = Nd (lmap f l) (lmap f r)"

fun fringe :: "'a ltree \<Rightarrow> 'a list" where
  "fringe (Lf a) = [a]"
| "fringe (Nd l r) = fringe l @ fringe r"

definition lsize :: "'a ltree \<Rightarrow> nat" where "lsize t = length (fringe t)"

lemma w19: "fringe (lmap f t) = map f (fringe t)" sorry
lemma w20: "fringe t \<noteq> []" sorry
lemma w21: "lsize (lmap f t) = lsize t" sorry
lemma w22: "lsize (Nd l r) = lsize l + lsize r" sorry
lemma w23: "lsize t > 0" sorry
lemma w24: "lmap g (lmap f t) = lmap (g \<circ> f) t" sorry

lemma w25: "lmap id t = t"
proof (induction t)
  case (Lf a)
  show ?case sorry
next
  case (Nd l r)
  show ?case sorry
qed

end
