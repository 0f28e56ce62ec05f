theory More
  imports Main
begin

text \<open>A bit of everything, less tidy.  Every statement is true.\<close>

datatype 'a rose = Rose 'a "'a rose list"

fun flat :: "'a rose \<Rightarrow> 'a list" where
  "flat (Rose x rs) = x # concat (map flat rs)"

fun rmap :: "('a \<Rightarrow> 'b) \<Rightarrow> 'a rose \<Rightarrow> 'b rose" where
  "rmap f (Rose x rs) = Rose (f x) (map (rmap f) rs)"

lemma x01: "rmap (\<lambda>x. x) r = r" sorry
lemma x02: "flat (rmap f r) = map f (flat r)" sorry

datatype form = Atom nat | Neg form | And form form | Or form form

primrec holds :: "(nat \<Rightarrow> bool) \<Rightarrow> form \<Rightarrow> bool" where
  "holds v (Atom n) = v n"
| "holds v (Neg f) = (\<not> holds v f)"
| "holds v (And f g) = (holds v f \<and> holds v g)"
| "holds v (Or f g) = (holds v f \<or> holds v g)"

fun nnf :: "bool \<Rightarrow> form \<Rightarrow> form" where
  "nnf True (Atom n) = Atom n"
| "nnf False (Atom n) = Neg (Atom n)"
| "nnf b (Neg f) = nnf (\<not> b) f"
| "nnf True (And f g) = And (nnf True f) (nnf True g)"
| "nnf False (And f g) = Or (nnf False f) (nnf False g)"
| "nnf True (Or f g) = Or (nnf True f) (nnf True g)"
| "nnf False (Or f g) = And (nnf False f) (nnf False g)"

lemma x03: "holds v (nnf b f) = (holds v f = b)" sorry
lemma x04: "holds v (nnf True f) = holds v f" sorry

fun power_of :: "nat \<Rightarrow> nat \<Rightarrow> nat" where
  "power_of x 0 = 1"
| "power_of x (Suc n) = x * power_of x n"

fun power_acc :: "nat \<Rightarrow> nat \<Rightarrow> nat \<Rightarrow> nat" where
  "power_acc x 0 a = a"
| "power_acc x (Suc n) a = power_acc x n (x * a)"

lemma x05: "power_of x (m + n) = power_of x m * power_of x n" sorry
lemma x06: "power_acc x n a = power_of x n * a" sorry
lemma x07: "power_acc x n 1 = power_of x n" sorry
lemma x08: "power_of x n = x ^ n" sorry

fun member :: "'a \<Rightarrow> 'a list \<Rightarrow> bool" where
  "member x [] = False"
| "member x (y # ys) = (x = y \<or> member x ys)"

lemma x09: "member x xs \<longleftrightarrow> x \<in> set xs" sorry
lemma x10: "member x (xs @ ys) = (member x xs \<or> member x ys)" sorry
lemma x11: "member x xs \<Longrightarrow> \<exists>ys zs. xs = ys @ x # zs" sorry

fun remdup :: "'a list \<Rightarrow> 'a list" where
  "remdup [] = []"
| "remdup (x # xs) = (if x \<in> set xs then remdup xs else x # remdup xs)"

lemma x12: "set (remdup xs) = set xs" sorry
lemma x13: "distinct (remdup xs)" sorry
lemma x14: "length (remdup xs) \<le> length xs" sorry

fun evens :: "'a list \<Rightarrow> 'a list" and odds :: "'a list \<Rightarrow> 'a list" where
  "evens [] = []"
| "evens (x # xs) = x # odds xs"
| "odds [] = []"
| "odds (x # xs) = evens xs"

lemma x15: "length (evens xs) + length (odds xs) = length xs" sorry
lemma x16: "set (evens xs) \<subseteq> set xs" and "set (odds xs) \<subseteq> set xs" sorry

datatype 'a bt = L | B "'a bt" 'a "'a bt"

fun leaves :: "'a bt \<Rightarrow> nat" where
  "leaves L = 1"
| "leaves (B l _ r) = leaves l + leaves r"

fun inner :: "'a bt \<Rightarrow> nat" where
  "inner L = 0"
| "inner (B l _ r) = Suc (inner l + inner r)"

fun depth :: "'a bt \<Rightarrow> nat" where
  "depth L = 0"
| "depth (B l _ r) = 1 + max (depth l) (depth r)"

fun lists :: "'a bt \<Rightarrow> 'a list" where
  "lists L = []"
| "lists (B l x r) = lists l @ [x] @ lists r"

fun fold_bt :: "('a \<Rightarrow> 'b \<Rightarrow> 'b) \<Rightarrow> 'a bt \<Rightarrow> 'b \<Rightarrow> 'b" where
  "fold_bt f L b = b"
| "fold_bt f (B l x r) b = fold_bt f r (f x (fold_bt f l b))"

lemma x17: "leaves t = inner t + 1" sorry
lemma x18: "depth t \<le> inner t" sorry
lemma x19: "fold_bt f t b = fold f (lists t) b" sorry
lemma x20: "lists t = [] \<longleftrightarrow> t = L" sorry
lemma x21: "leaves t > 0" sorry
lemma x22: "t \<noteq> L \<Longrightarrow> \<exists>l x r. t = B l x r" sorry

inductive_set evens_set :: "nat set" where
  zero: "0 \<in> evens_set"
| step: "n \<in> evens_set \<Longrightarrow> n + 2 \<in> evens_set"

lemma x23: "n \<in> evens_set \<Longrightarrow> even n" sorry
lemma x24: "4 \<in> evens_set" sorry

inductive palin :: "'a list \<Rightarrow> bool" where
  "palin []"
| "palin [x]"
| "palin xs \<Longrightarrow> palin (a # xs @ [a])"

lemma x25: "palin xs \<Longrightarrow> rev xs = xs" sorry

definition twice :: "('a \<Rightarrow> 'a) \<Rightarrow> 'a \<Rightarrow> 'a" where "twice f = f \<circ> f"
definition injective :: "('a \<Rightarrow> 'b) \<Rightarrow> bool" where "injective f \<longleftrightarrow> (\<forall>x y. f x = f y \<longrightarrow> x = y)"

lemma x26: "twice f x = f (f x)" sorry
lemma x27: "injective f \<Longrightarrow> injective (twice f)" sorry
lemma x28: "map (twice f) xs = map f (map f xs)" sorry

fun less_n :: "nat \<Rightarrow> nat \<Rightarrow> bool" where
  "less_n _ 0 = False"
| "less_n 0 (Suc _) = True"
| "less_n (Suc m) (Suc n) = less_n m n"

lemma x29: "less_n m n \<longleftrightarrow> m < n" sorry
lemma x30: "less_n k m \<Longrightarrow> less_n m n \<Longrightarrow> less_n k n" sorry

lemma x31: "itrev_ok \<Longrightarrow> foldl (\<lambda>ys x. x # ys) ys xs = rev xs @ ys" sorry
lemma x32: "foldr (@) xss [] = concat xss" sorry
lemma x33: "finite A \<Longrightarrow> sum f A = (0::nat) \<longleftrightarrow> (\<forall>x\<in>A. f x = 0)" sorry
lemma x34: "finite A \<Longrightarrow> (\<Sum>x\<in>A. k * f x) = k * (\<Sum>x\<in>A. f x)" for k :: nat sorry
lemma x35: "finite A \<Longrightarrow> A \<noteq> {} \<Longrightarrow> \<exists>m\<in>A. \<forall>x\<in>A. x \<le> m" for A :: "nat set" sorry
lemma x36: "finite A \<Longrightarrow> card {x \<in> A. P x} \<le> card A" sorry
lemma x37: "n < 2 ^ Suc n" for n :: nat sorry
lemma x38: "(3::int) dvd n ^ 3 - n" sorry
lemma x39: "(a + b) * (a - b) = a * a - b * b" for a b :: int sorry
lemma x40: "n \<ge> 4 \<Longrightarrow> n\<^sup>2 \<le> 2 ^ n" for n :: nat sorry
lemma x41: "\<exists>p q. n = 2 * p + q \<and> q < (2::nat)" sorry
lemma x42: "\<exists>n::nat. \<forall>m. m * n = n" sorry
lemma x43: "(\<Sum>i<Suc n. 2 ^ i) = (2::nat) ^ Suc n - 1" sorry
lemma x44: "(a::nat) * b = 0 \<longleftrightarrow> a = 0 \<or> b = 0" sorry
lemma x45: "gcd (a::nat) b = gcd b a" sorry
lemma x46: "(x::nat) \<le> y \<Longrightarrow> x * z \<le> y * z" sorry
lemma x47: "(\<forall>n. P n \<longrightarrow> P (Suc n)) \<Longrightarrow> P 0 \<Longrightarrow> P n" sorry
lemma x48: "\<exists>f. \<forall>x. f x = x + (1::nat)" sorry
lemma x49: "\<forall>x. \<exists>y. P x y \<Longrightarrow> \<exists>f. \<forall>x. P x (f x)" sorry
lemma x50: "(\<Prod>i\<in>{1..n}. i) = fact n" for n :: nat sorry
lemma x51: "a > 0 \<Longrightarrow> b > 0 \<Longrightarrow> a * b > (0::int)" sorry
lemma x52: "x\<^sup>2 + y\<^sup>2 \<ge> 2 * x * y" for x y :: int sorry

lemma x53:
  assumes "P 0" and "\<And>n. P n \<Longrightarrow> P (Suc n)"
  shows "P n"
  sorry

lemma x54:
  assumes "\<And>x y. f (x + y) = f x + f (y::nat)"
  shows "f 0 = (0::nat)"
  sorry

lemma x55:
  assumes "finite A" and "\<forall>x\<in>A. 0 < f x"
  shows "0 \<le> (\<Sum>x\<in>A. f x :: int)"
  sorry

lemma x56:
  assumes "S \<subseteq> T" and "finite T" and "x \<in> T" and "x \<notin> S"
  shows "card S < card T"
  sorry

lemma x57: "inj_on f A \<Longrightarrow> finite A \<Longrightarrow> card (f ` A) = card A" sorry

lemma x58: "rev xs = rev ys \<Longrightarrow> xs = ys"
proof -
  assume eq: "rev xs = rev ys"
  then have "rev (rev xs) = rev (rev ys)" sorry
  then show ?thesis sorry
qed

lemma x59: "length xs = length ys \<Longrightarrow> length (zip xs ys) = length xs"
proof (induct xs arbitrary: ys)
  case Nil
  then show ?case sorry
next
  case (Cons x xs)
  then obtain y zs where "ys = y # zs" sorry
  with Cons show ?case sorry
qed

lemma x60:
  assumes "\<not> (\<exists>x. P x)"
  shows "\<forall>x. \<not> P x"
proof (rule allI, rule notI)
  fix x
  assume "P x"
  then have "\<exists>x. P x" sorry
  with assms show False sorry
qed

lemma x61:
  assumes "(a::int) dvd b" and "a dvd c"
  shows "a dvd (b + c)"
proof -
  obtain k where k: "b = a * k" using assms(1) sorry
  obtain l where l: "c = a * l" using assms(2) sorry
  have "b + c = a * (k + l)" sorry
  then show ?thesis sorry
qed

lemma x62: "depth t \<le> leaves t"
proof (induction t)
  case L
  show ?case sorry
next
  case (B l x r)
  have "leaves l > 0" "leaves r > 0" sorry
  with B.IH show ?case sorry
qed

end
