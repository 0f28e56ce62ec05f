theory Sets
  imports Main
begin

text \<open>Sets and logic: mostly for the automation, once it is told what a definition says.\<close>

lemma union_inter: "A \<union> (B \<inter> C) = (A \<union> B) \<inter> (A \<union> C)"
  sorry

lemma everybody_or_somebody: "(\<forall>x. P x) \<or> (\<exists>x. \<not> P x)"
  sorry

definition separated :: "'a set \<Rightarrow> 'a set \<Rightarrow> bool" where
  "separated A B \<longleftrightarrow> A \<inter> B = {}"

lemma separated_commute: "separated A B \<longleftrightarrow> separated B A"
  sorry

lemma separated_subset:
  assumes "separated A B" and "C \<subseteq> A"
  shows "separated C B"
  sorry

lemma image_of_union: "f ` (\<Union>i\<in>I. A i) = (\<Union>i\<in>I. f ` A i)"
  sorry

lemma card_separated:
  assumes "finite A" and "finite B" and "separated A B"
  shows "card (A \<union> B) = card A + card B"
  sorry

end
