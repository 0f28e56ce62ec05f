theory Sums
  imports Main
begin

text \<open>A structured proof with a hole at each step: each has facts of its own to use.\<close>

lemma odd_numbers: "(\<Sum>i<n. 2 * i + 1) = n * n" for n :: nat
proof (induction n)
  case 0
  show ?case sorry
next
  case (Suc n)
  have "(\<Sum>i<Suc n. 2 * i + 1) = (\<Sum>i<n. 2 * i + 1) + 2 * n + 1" sorry
  also have "\<dots> = n * n + 2 * n + 1" sorry
  also have "\<dots> = Suc n * Suc n" sorry
  finally show ?case sorry
qed

end
