theory Isar
  imports Main
begin

text \<open>Structured proofs with holes.  Every statement is true.\<close>

lemma i01: "A \<inter> B = B \<inter> (A :: 'a set)"
proof
  show "A \<inter> B \<subseteq> B \<inter> A" sorry
next
  show "B \<inter> A \<subseteq> A \<inter> B" sorry
qed

lemma i02:
  assumes "even (n::nat)"
  shows "even (n * n)"
proof -
  from assms obtain k where k: "n = 2 * k" sorry
  have "n * n = 2 * (k * n)" sorry
  then show ?thesis sorry
qed

lemma i03: "length (concat (map (\<lambda>x. [x, x]) xs)) = 2 * length xs"
proof (induct xs)
  case Nil
  show ?case sorry
next
  case (Cons x xs)
  show ?case sorry
qed

lemma i04:
  fixes f :: "nat \<Rightarrow> nat"
  assumes mono: "\<And>x y. x \<le> y \<Longrightarrow> f x \<le> f y" and big: "\<And>x. x \<le> f x"
  shows "x \<le> f (f x)"
proof -
  have "x \<le> f x" sorry
  also have "\<dots> \<le> f (f x)" sorry
  finally show ?thesis sorry
qed

lemma i05: "(\<exists>x. P x \<or> Q x) \<longleftrightarrow> (\<exists>x. P x) \<or> (\<exists>x. Q x)"
proof
  assume "\<exists>x. P x \<or> Q x"
  then obtain x where x: "P x \<or> Q x" sorry
  then show "(\<exists>x. P x) \<or> (\<exists>x. Q x)" sorry
next
  assume either: "(\<exists>x. P x) \<or> (\<exists>x. Q x)"
  show "\<exists>x. P x \<or> Q x" sorry
qed

lemma i06:
  assumes fin: "finite A" and sub: "\<And>x. x \<in> A \<Longrightarrow> f x \<le> (k::nat)"
  shows "(\<Sum>x\<in>A. f x) \<le> card A * k"
  using fin sub
proof (induction A rule: finite_induct)
  case empty
  then show ?case sorry
next
  case (insert x F)
  have "f x \<le> k" sorry
  moreover have "sum f F \<le> card F * k" sorry
  ultimately show ?case sorry
qed

lemma i07: "\<exists>x::nat. x * x = 16 \<and> x > 0"
proof -
  have "(4::nat) * 4 = 16" sorry
  show ?thesis sorry
qed

lemma i08: fixes a b :: int shows "a\<^sup>2 - b\<^sup>2 = (a - b) * (a + b)"
proof -
  have "(a - b) * (a + b) = a * a + a * b - b * a - b * b" sorry
  also have "\<dots> = a\<^sup>2 - b\<^sup>2" sorry
  finally show ?thesis sorry
qed

lemma i09: "(n::nat) < 2 ^ n"
proof (induction n)
  case 0
  show ?case sorry
next
  case (Suc n)
  have "Suc n < 2 ^ n + 1" sorry
  also have "\<dots> \<le> 2 ^ Suc n" sorry
  finally show ?case sorry
qed

lemma i10: "R a c" if "R a b" "R b c" and trans: "\<And>x y z. R x y \<Longrightarrow> R y z \<Longrightarrow> R x z"
proof (cases "a = b")
  case True
  with that show ?thesis sorry
next
  case False
  show ?thesis sorry
qed

end
