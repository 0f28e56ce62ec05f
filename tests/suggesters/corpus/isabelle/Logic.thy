theory Logic
  imports Main
begin

text \<open>Logic, sets and functions.  Every statement is true.\<close>

lemma p01: "(P \<longrightarrow> Q) \<longrightarrow> (\<not> Q \<longrightarrow> \<not> P)" sorry
lemma p02: "\<not> (P \<and> Q) \<longleftrightarrow> \<not> P \<or> \<not> Q" sorry
lemma p03: "(\<exists>x. \<forall>y. R x y) \<longrightarrow> (\<forall>y. \<exists>x. R x y)" sorry
lemma p04: "(\<forall>x. P x \<longrightarrow> Q x) \<Longrightarrow> P a \<Longrightarrow> Q a" sorry
lemma p05: "\<exists>x. (D x \<longrightarrow> (\<forall>y. D y))" sorry
lemma p06: "((P \<longrightarrow> Q) \<longrightarrow> P) \<longrightarrow> P" sorry
lemma p07: "(\<forall>x. P x \<and> Q x) \<longleftrightarrow> (\<forall>x. P x) \<and> (\<forall>x. Q x)" sorry
lemma p08: "\<forall>x y z. R x y \<and> R y z \<longrightarrow> R x z \<Longrightarrow> R a b \<Longrightarrow> R b c \<Longrightarrow> R c d \<Longrightarrow> R a d" sorry
lemma p09: "(THE x. x = a) = a" sorry
lemma p10: "\<exists>!x. x = (a::nat)" sorry
lemma p11: "(if P then x else y) = z \<Longrightarrow> P \<Longrightarrow> x = z" sorry
lemma p12: "f (f (f True)) = f True" for f :: "bool \<Rightarrow> bool" sorry

lemma p13:
  assumes "\<forall>x. P x \<longrightarrow> Q x" and "\<exists>x. P x"
  shows "\<exists>x. Q x"
  sorry

lemma p14:
  assumes pq: "P \<Longrightarrow> Q" and np: "\<not> P \<Longrightarrow> Q"
  shows "Q"
  sorry

lemma s01: "A - (B \<union> C) = (A - B) \<inter> (A - C)" sorry
lemma s02: "A \<subseteq> B \<Longrightarrow> B \<subseteq> C \<Longrightarrow> A \<subseteq> C" sorry
lemma s03: "f ` (A \<union> B) = f ` A \<union> f ` B" sorry
lemma s04: "f ` (A \<inter> B) \<subseteq> f ` A \<inter> f ` B" sorry
lemma s05: "inj f \<Longrightarrow> f ` (A \<inter> B) = f ` A \<inter> f ` B" sorry
lemma s06: "(\<Union>x\<in>A. {x}) = A" sorry
lemma s07: "A \<subseteq> B \<longleftrightarrow> A \<union> B = B" sorry
lemma s08: "finite A \<Longrightarrow> finite B \<Longrightarrow> card (A \<union> B) \<le> card A + card B" sorry
lemma s09: "finite A \<Longrightarrow> card (f ` A) \<le> card A" sorry
lemma s10: "finite A \<Longrightarrow> (\<Sum>x\<in>A. f x + g x) = (\<Sum>x\<in>A. f x) + (\<Sum>x\<in>A. g x)" for f g :: "'a \<Rightarrow> nat" sorry
lemma s11: "{x. P x} \<inter> {x. Q x} = {x. P x \<and> Q x}" sorry
lemma s12: "inj f \<Longrightarrow> inj g \<Longrightarrow> inj (g \<circ> f)" sorry
lemma s13: "surj f \<Longrightarrow> surj g \<Longrightarrow> surj (g \<circ> f)" sorry
lemma s14: "bij f \<Longrightarrow> \<exists>x. f x = y" sorry
lemma s15: "f -` (A \<union> B) = f -` A \<union> f -` B" sorry
lemma s16: "mono f \<Longrightarrow> mono g \<Longrightarrow> mono (f \<circ> g)" for f g :: "nat \<Rightarrow> nat" sorry
lemma s17: "finite A \<Longrightarrow> finite (f ` A)" sorry
lemma s18: "x \<in> A \<Longrightarrow> finite A \<Longrightarrow> card A > 0" sorry
lemma s19: "finite A \<Longrightarrow> (\<Sum>x\<in>A. c) = card A * (c::nat)" sorry
lemma s20: "(\<lambda>x. f (g x)) = f \<circ> g" sorry
lemma s21: "Pow (A \<inter> B) = Pow A \<inter> Pow B" sorry
lemma s22: "A \<times> (B \<union> C) = A \<times> B \<union> A \<times> C" sorry
lemma s23: "finite A \<Longrightarrow> \<exists>n. \<forall>x\<in>A. x \<le> n" for A :: "nat set" sorry
lemma s24: "\<nexists>f. surj (f :: 'a \<Rightarrow> 'a set)" sorry

end
