theory Held
  imports Main
begin

text \<open>What the rules were looked at with after they were made.  Every statement is true.\<close>

lemma h01: "(a::nat) < b \<longleftrightarrow> Suc a \<le> b" sorry
lemma h02: "(x::int) - y = - (y - x)" sorry
lemma h03: "\<forall>n::nat. n = 0 \<or> (\<exists>m. n = Suc m)" sorry
lemma h04: "even (n::nat) \<longleftrightarrow> \<not> odd n" sorry
lemma h05: "even (x + y) \<Longrightarrow> even x \<Longrightarrow> even (y::int)" sorry
lemma h06: "\<exists>k::nat. k > n \<and> even k" sorry
lemma h07: "(a::nat) \<le> b \<Longrightarrow> \<exists>c. b = a + c" sorry
lemma h08: "min (a::nat) b \<le> max a b" sorry
lemma h09: "(a * b) * c = a * (b * c :: nat)" sorry
lemma h10: "(\<exists>x y. R x y) = (\<exists>y x. R x y)" sorry
lemma h11: "A \<noteq> {} \<Longrightarrow> \<exists>x. x \<in> A" sorry
lemma h12: "B \<subseteq> A \<Longrightarrow> (A - B) \<union> B = A" sorry
lemma h13: "finite A \<Longrightarrow> card A = 0 \<longleftrightarrow> A = {}" sorry
lemma h14: "finite A \<Longrightarrow> (\<forall>x\<in>A. f x = (0::nat)) \<Longrightarrow> sum f A = 0" sorry
lemma h15: "finite A \<Longrightarrow> B \<subseteq> A \<Longrightarrow> card (A - B) = card A - card B" sorry
lemma h16: "finite A \<Longrightarrow> a \<in> A \<Longrightarrow> f a \<le> sum f A" for f :: "'a \<Rightarrow> nat" sorry
lemma h17: "inj_on f A \<Longrightarrow> B \<subseteq> A \<Longrightarrow> inj_on f B" sorry
lemma h18: "map f xs = map g xs \<Longrightarrow> x \<in> set xs \<Longrightarrow> f x = g x" sorry
lemma h19: "set (filter P xs) = {x \<in> set xs. P x}" sorry
lemma h20: "length xs = length ys \<Longrightarrow> zip xs ys = [] \<Longrightarrow> xs = []" sorry
lemma h21: "butlast (xs @ [x]) = xs" sorry
lemma h22: "rev xs = ys \<longleftrightarrow> xs = rev ys" sorry
lemma h23: "foldl (+) a xs = a + sum_list xs" for a :: nat sorry
lemma h24: "x \<in> set xs \<Longrightarrow> x \<le> sum_list xs" for x :: nat sorry
lemma h25: "drop m (drop n xs) = drop (n + m) xs" sorry
lemma h26: "prod_list (xs @ ys) = prod_list xs * prod_list ys" for xs :: "nat list" sorry
lemma h27: "(\<Sum>x\<leftarrow>xs. Suc x) = sum_list xs + length xs" sorry

lemma h28:
  assumes "\<forall>x y. x \<le> y \<longrightarrow> f x \<le> (f y :: nat)"
  shows "f (min x y) = min (f x) (f (y::nat))"
  sorry

lemma h29:
  fixes a b c :: int
  assumes "a < b" and "0 < c"
  shows "a * c < b * c"
  sorry

lemma h30:
  assumes "\<And>x. P x \<Longrightarrow> Q (f x)" and "\<And>x. Q x \<Longrightarrow> R x" and "P a"
  shows "\<exists>y. R y"
  sorry

lemma h31: "\<exists>!x::nat. x + 3 = 7" sorry

lemma h32: assumes "n > (1::nat)" shows "n < n * n"
proof -
  have "n * 1 < n * n" sorry
  then show ?thesis sorry
qed

lemma h33: "(A \<subseteq> B) = (A \<inter> B = A)"
proof
  assume "A \<subseteq> B"
  show "A \<inter> B = A"
  proof
    show "A \<inter> B \<subseteq> A" sorry
    show "A \<subseteq> A \<inter> B" sorry
  qed
next
  assume eq: "A \<inter> B = A"
  show "A \<subseteq> B"
  proof
    fix x assume "x \<in> A"
    with eq have "x \<in> A \<inter> B" sorry
    then show "x \<in> B" sorry
  qed
qed

lemma h34: "length (xs @ ys @ xs) = 2 * length xs + length ys"
proof (induction xs)
  case Nil then show ?case sorry
next
  case (Cons a xs)
  then show ?case sorry
qed

lemma h35: "P \<or> Q \<Longrightarrow> Q \<or> P"
proof (erule disjE)
  assume P
  show "Q \<or> P" sorry
next
  assume Q
  show "Q \<or> P" sorry
qed

lemma h36: "\<not> (\<exists>n::nat. \<forall>m. m \<le> n)"
proof
  assume "\<exists>n::nat. \<forall>m. m \<le> n"
  then obtain n where n: "\<forall>m. m \<le> (n::nat)" sorry
  have "Suc n \<le> n" sorry
  then show False sorry
qed

datatype 'a seq = Empty | Seq 'a "'a seq"

fun conc :: "'a seq \<Rightarrow> 'a seq \<Rightarrow> 'a seq" where
  "conc Empty ys = ys"
| "conc (Seq x xs) ys = Seq x (conc xs ys)"

fun reverse :: "'a seq \<Rightarrow> 'a seq" where
  "reverse Empty = Empty"
| "reverse (Seq x xs) = conc (reverse xs) (Seq x Empty)"

fun size_s :: "'a seq \<Rightarrow> nat" where
  "size_s Empty = 0"
| "size_s (Seq x xs) = Suc (size_s xs)"

lemma k01: "conc xs Empty = xs" sorry
lemma k02: "conc (conc xs ys) zs = conc xs (conc ys zs)" sorry
lemma k03: "size_s (conc xs ys) = size_s xs + size_s ys" sorry
lemma k04: "reverse (conc xs ys) = conc (reverse ys) (reverse xs)" sorry
lemma k05: "reverse (reverse xs) = xs" sorry
lemma k06: "size_s (reverse xs) = size_s xs" sorry

fun rev_acc :: "'a seq \<Rightarrow> 'a seq \<Rightarrow> 'a seq" where
  "rev_acc Empty acc = acc"
| "rev_acc (Seq x xs) acc = rev_acc xs (Seq x acc)"

lemma k07: "rev_acc xs ys = conc (reverse xs) ys" sorry
lemma k08: "rev_acc xs Empty = reverse xs" sorry

datatype aexp = Num int | Var string | Add aexp aexp | Mul aexp aexp

fun eval :: "(string \<Rightarrow> int) \<Rightarrow> aexp \<Rightarrow> int" where
  "eval s (Num n) = n"
| "eval s (Var x) = s x"
| "eval s (Add a b) = eval s a + eval s b"
| "eval s (Mul a b) = eval s a * eval s b"

fun subst :: "string \<Rightarrow> aexp \<Rightarrow> aexp \<Rightarrow> aexp" where
  "subst x a (Num n) = Num n"
| "subst x a (Var y) = (if x = y then a else Var y)"
| "subst x a (Add b c) = Add (subst x a b) (subst x a c)"
| "subst x a (Mul b c) = Mul (subst x a b) (subst x a c)"

fun vars :: "aexp \<Rightarrow> string set" where
  "vars (Num _) = {}"
| "vars (Var x) = {x}"
| "vars (Add a b) = vars a \<union> vars b"
| "vars (Mul a b) = vars a \<union> vars b"

fun simp_e :: "aexp \<Rightarrow> aexp" where
  "simp_e (Add a b) = (case (simp_e a, simp_e b) of (Num m, Num n) \<Rightarrow> Num (m + n) | (a', b') \<Rightarrow> Add a' b')"
| "simp_e (Mul a b) = (case (simp_e a, simp_e b) of (Num m, Num n) \<Rightarrow> Num (m * n) | (a', b') \<Rightarrow> Mul a' b')"
| "simp_e a = a"

lemma k09: "eval s (subst x a e) = eval (s(x := eval s a)) e" sorry
lemma k10: "x \<notin> vars e \<Longrightarrow> subst x a e = e" sorry
lemma k11: "finite (vars e)" sorry
lemma k12: "(\<forall>x \<in> vars e. s x = t x) \<Longrightarrow> eval s e = eval t e" sorry
lemma k13: "eval s (simp_e e) = eval s e" sorry

fun maxl :: "nat list \<Rightarrow> nat" where
  "maxl [] = 0"
| "maxl (x # xs) = max x (maxl xs)"

lemma k14: "x \<in> set xs \<Longrightarrow> x \<le> maxl xs" sorry
lemma k15: "maxl (xs @ ys) = max (maxl xs) (maxl ys)" sorry
lemma k16: "xs \<noteq> [] \<Longrightarrow> maxl xs \<in> set xs" sorry
lemma k17: "maxl (rev xs) = maxl xs" sorry

fun alternate :: "bool \<Rightarrow> nat \<Rightarrow> bool list" where
  "alternate b 0 = []"
| "alternate b (Suc n) = b # alternate (\<not> b) n"

lemma k18: "length (alternate b n) = n" sorry
lemma k19: "map Not (alternate b n) = alternate (\<not> b) n" sorry

datatype 'a tree = Tip | Node "'a tree" 'a "'a tree"

fun sumt :: "nat tree \<Rightarrow> nat" where
  "sumt Tip = 0"
| "sumt (Node l x r) = sumt l + x + sumt r"

fun preorder :: "'a tree \<Rightarrow> 'a list" where
  "preorder Tip = []"
| "preorder (Node l x r) = x # preorder l @ preorder r"

fun postorder :: "'a tree \<Rightarrow> 'a list" where
  "postorder Tip = []"
| "postorder (Node l x r) = postorder l @ postorder r @ [x]"

fun mir :: "'a tree \<Rightarrow> 'a tree" where
  "mir Tip = Tip" | "mir (Node l x r) = Node (mir r) x (mir l)"

fun mapt :: "('a \<Rightarrow> 'b) \<Rightarrow> 'a tree \<Rightarrow> 'b tree" where
  "mapt f Tip = Tip" | "mapt f (Node l x r) = Node (mapt f l) (f x) (mapt f r)"

fun set_t :: "'a tree \<Rightarrow> 'a set" where
  "set_t Tip = {}" | "set_t (Node l x r) = insert x (set_t l \<union> set_t r)"

fun insert_t :: "int \<Rightarrow> int tree \<Rightarrow> int tree" where
  "insert_t x Tip = Node Tip x Tip"
| "insert_t x (Node l y r) =
    (if x = y then Node l y r else if x < y then Node (insert_t x l) y r else Node l y (insert_t x r))"

fun ordered :: "int tree \<Rightarrow> bool" where
  "ordered Tip \<longleftrightarrow> True"
| "ordered (Node l x r) \<longleftrightarrow> ordered l \<and> ordered r \<and> (\<forall>y\<in>set_t l. y < x) \<and> (\<forall>y\<in>set_t r. x < y)"

fun isin :: "int tree \<Rightarrow> int \<Rightarrow> bool" where
  "isin Tip x = False"
| "isin (Node l y r) x = (if x < y then isin l x else if y < x then isin r x else True)"

lemma k20: "preorder (mir t) = rev (postorder t)" sorry
lemma k21: "sum_list (preorder t) = sumt t" sorry
lemma k22: "set (postorder t) = set (preorder t)" sorry
lemma k23: "sumt (mir t) = sumt t" sorry
lemma k24: "mapt f (mapt g t) = mapt (\<lambda>x. f (g x)) t" sorry
lemma k25: "(\<And>x. x \<in> set_t t \<Longrightarrow> f x = g x) \<Longrightarrow> mapt f t = mapt g t" sorry
lemma k26: "set_t (insert_t x t) = {x} \<union> set_t t" sorry
lemma k27: "ordered t \<Longrightarrow> ordered (insert_t x t)" sorry
lemma k28: "ordered t \<Longrightarrow> isin t x = (x \<in> set_t t)" sorry
lemma k29: "mir t = Tip \<longleftrightarrow> t = Tip" sorry
lemma k30: "mir t = mir u \<Longrightarrow> t = u" sorry

lemma k31: "sumt (mapt (\<lambda>x. x + k) t) = sumt t + k * length (preorder t)"
proof (induction t)
  case Tip
  then show ?case sorry
next
  case (Node l x r)
  then show ?case sorry
qed

fun ack :: "nat \<Rightarrow> nat \<Rightarrow> nat" where
  "ack 0 n = Suc n"
| "ack (Suc m) 0 = ack m 1"
| "ack (Suc m) (Suc n) = ack m (ack (Suc m) n)"

lemma k32: "n < ack m n" sorry
lemma k33: "ack 1 n = n + 2" sorry

end
