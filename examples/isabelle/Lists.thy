theory Lists
  imports Main
begin

text \<open>
  A function of one's own, and its properties by induction.  The later lemmas need the earlier ones: once a lemma is
  proved, those below can use it.
\<close>

fun add_last :: "'a list \<Rightarrow> 'a \<Rightarrow> 'a list" where
  "add_last [] y = [y]"
| "add_last (x # xs) y = x # add_last xs y"

fun backwards :: "'a list \<Rightarrow> 'a list" where
  "backwards [] = []"
| "backwards (x # xs) = add_last (backwards xs) x"

lemma length_add_last: "length (add_last xs y) = Suc (length xs)"
  sorry

lemma length_backwards: "length (backwards xs) = length xs"
  sorry

lemma backwards_add_last: "backwards (add_last xs y) = y # backwards xs"
  sorry

theorem backwards_twice: "backwards (backwards xs) = xs"
  sorry

text \<open>The second argument grows while the first shrinks, so the induction has to be for all values of it.\<close>

fun count_on :: "'a list \<Rightarrow> nat \<Rightarrow> nat" where
  "count_on [] n = n"
| "count_on (x # xs) n = count_on xs (n + 1)"

lemma count_on_length: "count_on xs n = length xs + n"
  sorry

end
