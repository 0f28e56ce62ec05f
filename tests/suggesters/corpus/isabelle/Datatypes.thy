theory Datatypes
  imports Main
begin

text \<open>Datatypes and functions of this theory.  Every statement is true.\<close>

datatype num = Z | S num

fun plus :: "num \<Rightarrow> num \<Rightarrow> num" where
  "plus Z n = n"
| "plus (S m) n = S (plus m n)"

fun times :: "num \<Rightarrow> num \<Rightarrow> num" where
  "times Z n = Z"
| "times (S m) n = plus n (times m n)"

lemma n01: "plus m Z = m" sorry
lemma n02: "plus m (S n) = S (plus m n)" sorry
lemma n03: "plus m n = plus n m" sorry
lemma n04: "plus (plus a b) c = plus a (plus b c)" sorry
lemma n05: "times m Z = Z" sorry
lemma n06: "plus a (plus b c) = plus b (plus a c)" sorry
lemma n07: "times m (S n) = plus m (times m n)" sorry
lemma n08: "times m n = times n m" sorry

datatype colour = Red | Green | Blue

fun turn :: "colour \<Rightarrow> colour" where
  "turn Red = Green" | "turn Green = Blue" | "turn Blue = Red"

lemma c01: "turn (turn (turn c)) = c" sorry
lemma c02: "turn c \<noteq> c" sorry
lemma c03: "\<exists>d. turn d = c" sorry

datatype 'a tree = Tip | Bin "'a tree" 'a "'a tree"

primrec mirror :: "'a tree \<Rightarrow> 'a tree" where
  "mirror Tip = Tip"
| "mirror (Bin l x r) = Bin (mirror r) x (mirror l)"

primrec nodes :: "'a tree \<Rightarrow> 'a set" where
  "nodes Tip = {}"
| "nodes (Bin l x r) = nodes l \<union> {x} \<union> nodes r"

fun height :: "'a tree \<Rightarrow> nat" where
  "height Tip = 0"
| "height (Bin l x r) = Suc (max (height l) (height r))"

fun inorder :: "'a tree \<Rightarrow> 'a list" where
  "inorder Tip = []"
| "inorder (Bin l x r) = inorder l @ x # inorder r"

fun inorder_acc :: "'a tree \<Rightarrow> 'a list \<Rightarrow> 'a list" where
  "inorder_acc Tip acc = acc"
| "inorder_acc (Bin l x r) acc = inorder_acc l (x # inorder_acc r acc)"

fun map_t :: "('a \<Rightarrow> 'b) \<Rightarrow> 'a tree \<Rightarrow> 'b tree" where
  "map_t f Tip = Tip"
| "map_t f (Bin l x r) = Bin (map_t f l) (f x) (map_t f r)"

lemma t01: "mirror (mirror t) = t" sorry
lemma t02: "nodes (mirror t) = nodes t" sorry
lemma t03: "height (mirror t) = height t" sorry
lemma t04: "inorder (mirror t) = rev (inorder t)" sorry
lemma t05: "set (inorder t) = nodes t" sorry
lemma t06: "inorder_acc t acc = inorder t @ acc" sorry
lemma t07: "inorder_acc t [] = inorder t" sorry
lemma t08: "inorder (map_t f t) = map f (inorder t)" sorry
lemma t09: "finite (nodes t)" sorry
lemma t10: "length (inorder t) < 2 ^ height t" sorry
lemma t11: "map_t f (mirror t) = mirror (map_t f t)" sorry
lemma t12: "map_t (g \<circ> f) t = map_t g (map_t f t)" sorry
lemma t13: "nodes (map_t f t) = f ` nodes t" sorry

fun ins :: "nat \<Rightarrow> nat tree \<Rightarrow> nat tree" where
  "ins x Tip = Bin Tip x Tip"
| "ins x (Bin l y r) =
    (if x < y then Bin (ins x l) y r else if x > y then Bin l y (ins x r) else Bin l y r)"

fun bst :: "nat tree \<Rightarrow> bool" where
  "bst Tip = True"
| "bst (Bin l x r) = (bst l \<and> bst r \<and> (\<forall>y\<in>nodes l. y < x) \<and> (\<forall>y\<in>nodes r. x < y))"

lemma b01: "nodes (ins x t) = insert x (nodes t)" sorry
lemma b02: "bst t \<Longrightarrow> bst (ins x t)" sorry

datatype expr = N int | V string | Plus expr expr

fun val :: "expr \<Rightarrow> (string \<Rightarrow> int) \<Rightarrow> int" where
  "val (N n) s = n"
| "val (V x) s = s x"
| "val (Plus a b) s = val a s + val b s"

fun smart :: "expr \<Rightarrow> expr \<Rightarrow> expr" where
  "smart (N a) (N b) = N (a + b)"
| "smart a b = (if a = N 0 then b else if b = N 0 then a else Plus a b)"

fun fold_e :: "expr \<Rightarrow> expr" where
  "fold_e (N n) = N n"
| "fold_e (V x) = V x"
| "fold_e (Plus a b) = smart (fold_e a) (fold_e b)"

lemma e01: "val (smart a b) s = val a s + val b s" sorry
lemma e02: "val (fold_e e) s = val e s" sorry

datatype instr = LOADI int | LOAD string | ADD

fun exec1 :: "instr \<Rightarrow> (string \<Rightarrow> int) \<Rightarrow> int list \<Rightarrow> int list" where
  "exec1 (LOADI n) _ stk = n # stk"
| "exec1 (LOAD x) s stk = s x # stk"
| "exec1 ADD _ stk = (hd (tl stk) + hd stk) # tl (tl stk)"

fun exec :: "instr list \<Rightarrow> (string \<Rightarrow> int) \<Rightarrow> int list \<Rightarrow> int list" where
  "exec [] _ stk = stk"
| "exec (i # is) s stk = exec is s (exec1 i s stk)"

fun comp :: "expr \<Rightarrow> instr list" where
  "comp (N n) = [LOADI n]"
| "comp (V x) = [LOAD x]"
| "comp (Plus a b) = comp a @ comp b @ [ADD]"

lemma m01: "exec (is1 @ is2) s stk = exec is2 s (exec is1 s stk)" sorry
lemma m02: "exec (comp e) s stk = val e s # stk" sorry

end
