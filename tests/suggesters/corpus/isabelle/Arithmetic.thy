theory Arithmetic
  imports Main
begin

text \<open>Numbers.  Every statement is true.\<close>

lemma a01: "(x::nat) \<le> x + y" sorry
lemma a02: "(a::int) * (b - c) = a * b - a * c" sorry
lemma a03: "(x::nat) < y \<Longrightarrow> y < z \<Longrightarrow> Suc x < z" sorry
lemma a04: "((a::int) + b)\<^sup>2 = a\<^sup>2 + 2 * a * b + b\<^sup>2" sorry
lemma a05: "even (n * (n + 1))" for n :: nat sorry
lemma a06: "(m::nat) \<le> n \<Longrightarrow> n - m + m = n" sorry
lemma a07: "\<exists>y::int. y + x = 0" sorry
lemma a08: "(\<Sum>i\<le>n. i) = n * (n + 1) div 2" for n :: nat sorry
lemma a09: "(a::nat) dvd b \<Longrightarrow> a dvd b * c" sorry
lemma a10: "(x::nat) mod 2 = 0 \<or> x mod 2 = 1" sorry
lemma a11: "0 \<le> (x::int) * x" sorry
lemma a12: "max (a::nat) b = max b a" sorry
lemma a13: "(2::nat) ^ n > n" sorry
lemma a14: "(\<Sum>i<n. 2 * i + 1) = n\<^sup>2" for n :: nat sorry
lemma a15: "\<forall>x::nat. \<exists>y. y = x + x" sorry
lemma a16: "(a::int) < b \<Longrightarrow> 2 * a < 2 * b" sorry
lemma a17: "(a::nat) dvd b \<Longrightarrow> b dvd c \<Longrightarrow> a dvd c" sorry
lemma a18: "(n::nat) > 0 \<Longrightarrow> \<exists>m. n = Suc m" sorry
lemma a19: "x ^ (m + n) = x ^ m * x ^ n" for x :: nat sorry
lemma a20: "\<bar>x * y\<bar> = \<bar>x\<bar> * \<bar>y\<bar>" for x y :: int sorry

lemma a21:
  fixes x y :: int
  assumes "x \<ge> 0" and "y > x"
  shows "x + y > 0"
  sorry

lemma a22:
  fixes f :: "nat \<Rightarrow> nat"
  assumes step: "\<And>n. f n < f (Suc n)"
  shows "f n < f (n + 2)"
  sorry

lemma a23: "fact (Suc n) = Suc n * (fact n :: nat)" sorry
lemma a24: "odd (n::nat) \<Longrightarrow> \<exists>k. n = 2 * k + 1" sorry
lemma a25: "(\<Sum>i\<in>{1..n}. i) * 2 = n * (n + 1)" for n :: nat sorry

end
