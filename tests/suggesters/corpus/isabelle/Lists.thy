theory Lists
  imports Main
begin

text \<open>Lists of the library, options and pairs.  Every statement is true.\<close>

lemma l01: "rev (xs @ ys) = rev ys @ rev xs" sorry
lemma l02: "length (filter P xs) \<le> length xs" sorry
lemma l03: "filter P (filter Q xs) = filter (\<lambda>x. P x \<and> Q x) xs" sorry
lemma l04: "map f (rev xs) = rev (map f xs)" sorry
lemma l05: "foldr (\<lambda>x n. n + 1) xs 0 = length xs" for xs :: "'a list" sorry
lemma l06: "foldl (\<lambda>n x. n + 1) k xs = k + length xs" for k :: nat sorry
lemma l07: "take n xs @ drop n xs = xs" sorry
lemma l08: "xs \<noteq> [] \<Longrightarrow> hd xs # tl xs = xs" sorry
lemma l09: "x \<in> set xs \<Longrightarrow> \<exists>ys zs. xs = ys @ x # zs" sorry
lemma l10: "map (f \<circ> g) xs = map f (map g xs)" sorry
lemma l11: "set (xs @ ys) = set xs \<union> set ys" sorry
lemma l12: "i < length xs \<Longrightarrow> xs ! i \<in> set xs" sorry
lemma l13: "sum_list (map (\<lambda>x. k) xs) = k * length xs" for k :: nat sorry
lemma l14: "distinct xs \<Longrightarrow> card (set xs) = length xs" sorry
lemma l15: "length xs = length ys \<Longrightarrow> map fst (zip xs ys) = xs" sorry
lemma l16: "concat (map (\<lambda>x. [x]) xs) = xs" sorry
lemma l17: "(case map_option f x of None \<Rightarrow> True | Some y \<Rightarrow> True)" sorry
lemma l18: "fst (swap p) = snd p" if "\<And>x y. swap (x, y) = (y, x)" for swap :: "'a \<times> 'a \<Rightarrow> 'a \<times> 'a" sorry
lemma l19: "xs @ ys = [] \<longleftrightarrow> xs = [] \<and> ys = []" sorry
lemma l20: "takeWhile P xs @ dropWhile P xs = xs" sorry
lemma l21: "(\<forall>x \<in> set xs. f x = g x) \<Longrightarrow> map f xs = map g xs" sorry
lemma l22: "sorted xs \<Longrightarrow> sorted (x # xs) \<longleftrightarrow> (\<forall>y \<in> set xs. x \<le> y)" for x :: nat sorry
lemma l23: "x \<noteq> None \<Longrightarrow> \<exists>y. x = Some y" sorry
lemma l24: "length xs = 2 \<Longrightarrow> \<exists>a b. xs = [a, b]" sorry
lemma l25: "fold (\<lambda>x s. x + s) xs k = k + sum_list xs" for k :: nat sorry
lemma l26: "last (xs @ [x]) = x" sorry
lemma l27: "replicate (m + n) x = replicate m x @ replicate n x" sorry

end
