"""What Isabelle's library knows about an operation and the automation does not use by itself."""

from __future__ import annotations

from unsorry.suggesters.rules.isabelle_shape import Rule, Shape, simplify

_DVD = "Rings.dvd_class.dvd"
_POWER = "Power.power_class.power"
_SIZE = "Nat.size_class.size"
_CARD = "Finite_Set.card"
_SUM = "Groups_Big.comm_monoid_add_class.sum"
_PROD = "Groups_Big.comm_monoid_mult_class.prod"
_SUM_LIST = "Groups_List.monoid_add_class.sum_list"

#: By constants that all occur: facts for simp.  The first ones are the likelier ones.
_SIMP: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Fun.inj_on",), ("inj_on_def",)),
    (("Fun.inj_on", "Fun.comp"), ("inj_def",)),
    (("List.concat", "List.list.map"), ("map_concat",)),
    (("List.list.map",), ("map_idI", "comp_def")),
    (("Fun.bij_betw",), ("bij_betw_def", "inj_on_def")),
    (("Fun.bij_betw",), ("bij_def", "surj_def")),
    (("Fun.monotone_on",), ("mono_def", "monotone_on_def")),
    (("Orderings.order_class.mono",), ("mono_def",)),
    (("Fun.comp",), ("fun_eq_iff", "comp_def")),
    (("Fun.id",), ("fun_eq_iff", "id_def")),
    (("Fun.fun_upd",), ("fun_eq_iff",)),
    ((_POWER,), ("power2_eq_square", "power_add", "power_mult", "algebra_simps")),
    ((_SIZE, "HOL.Ex"), ("numeral_eq_Suc", "length_Suc_conv")),
    ((_SIZE, "Num.numeral_class.numeral"), ("numeral_eq_Suc", "length_Suc_conv")),
    (("List.list.set", "HOL.Ex"), ("in_set_conv_decomp",)),
    (("List.append", "HOL.Ex"), ("in_set_conv_decomp", "Cons_eq_append_conv")),
    (("List.list.set", "List.nth"), ("in_set_conv_nth",)),
    (("List.nth",), ("nth_append", "nth_Cons'")),
    (("List.rev", "List.nth"), ("rev_nth",)),
    (("List.take",), ("take_Cons'", "take_map")),
    (("List.drop",), ("drop_Cons'", "drop_map")),
    (("List.foldr",), ("fun_eq_iff",)),
    (("List.sorted_wrt",), ("sorted_append", "sorted_wrt_append")),
    (("List.distinct",), ("distinct_card",)),
    (("List.zip",), ("zip_append", "zip_rev")),
    ((_SUM,), ("sum.distrib", "sum_distrib_left", "sum_distrib_right", "sum_subtractf")),
    ((_PROD,), ("prod.distrib", "power_mult_distrib")),
    ((_SUM_LIST,), ("sum_list_addf", "sum_list_triv", "algebra_simps")),
    ((_CARD, "Set.insert"), ("card_insert_if",)),
    ((_CARD, "Lattices.sup_class.sup"), ("card_Un_le", "card_Un_disjoint")),
    ((_CARD, "Set.image"), ("card_image_le", "card_image")),
    ((_CARD, "Orderings.ord_class.less_eq"), ("card_mono", "card_insert_le")),
    ((_CARD, "Orderings.ord_class.less"), ("card_gt_0_iff", "psubset_card_mono")),
    ((_CARD, "HOL.eq"), ("card_eq_0_iff", "card_Suc_eq")),
    ((_CARD, "Product_Type.Sigma"), ("card_cartesian_product",)),
    (("Set.Pow",), ("card_Pow",)),
    ((_DVD,), ("dvd_def",)),
    (("Groups.abs_class.abs",), ("abs_if",)),
    (("Groups.abs_class.abs", "Groups.times_class.times"), ("abs_mult",)),
    (("Orderings.ord_class.max",), ("max_def",)),
    (("Orderings.ord_class.min",), ("min_def",)),
    (("HOL.Let",), ("Let_def",)),
    (("Set.image",), ("image_def", "image_iff")),
    (("Set.vimage",), ("vimage_def",)),
    (("Set.subset_eq",), ("subset_iff",)),
    (("Relation.relcomp",), ("relcomp_unfold",)),
    (("Relation.converse",), ("converse_unfold",)),
    (("Relation.sym_on",), ("sym_def",)),
    (("Relation.trans_on",), ("trans_def",)),
    (("Relation.refl_on",), ("refl_on_def",)),
    (("Factorial.semiring_char_0_class.fact",), ("fact_reduce", "algebra_simps")),
)

_RULES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((_DVD, "Num.numeral_class.numeral"), "elim!: evenE oddE"),
    ((_DVD,), "elim!: dvdE"),
    ((_DVD,), "intro: dvd_trans dvd_add dvd_mult dvd_mult2"),
    (("Fun.inj_on",), "dest: injD inj_onD"),
    (("Fun.monotone_on",), "dest: monoD intro: monoI"),
    (("Orderings.order_class.mono",), "dest: monoD intro: monoI"),
    ((_SUM, "Orderings.ord_class.less_eq"), "intro: sum_mono order.trans[OF sum_bounded_above]"),
    ((_CARD,), "intro: card_mono order.trans[OF card_Un_le]"),
    (("Fun.comp", "Set.image"), "elim: surjE intro: surjI"),
    (("Transitive_Closure.rtrancl",), "intro: rtrancl_trans rtrancl_into_rtrancl converse_rtrancl_into_rtrancl"),
    (("Transitive_Closure.rtranclp",), "intro: rtranclp_trans rtranclp.intros converse_rtranclp_into_rtranclp"),
)

#: By constants that all occur: proofs that the library has a theorem for.
_METHODS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Set.image", "Fun.comp"), "(simp add: comp_surj del: comp_apply)"),
    (("Fun.inj_on", "Fun.comp"), "(simp add: inj_compose comp_inj_on del: comp_apply)"),
    (("Fun.bij_betw", "Fun.comp"), "(simp add: bij_comp bij_betw_trans del: comp_apply)"),
    (("Set.image",), "(auto simp add: surj_def, metis)"),
    ((_CARD, "Groups.minus_class.minus"), "(simp add: card_Diff_subset finite_subset)"),
    (("Orderings.ord_class.min",), "(auto simp add: min_def intro: order.antisym)"),
    (("Orderings.ord_class.max",), "(auto simp add: max_def intro: order.antisym)"),
    ((_CARD, "Orderings.ord_class.less"), "(auto intro!: psubset_card_mono)"),
    ((_CARD, "Orderings.ord_class.less_eq"), "(auto intro!: card_mono)"),
    ((_CARD, "Orderings.ord_class.less_eq"), "(auto intro: card_mono finite_subset)"),
    (("Finite_Set.finite",), "(auto intro: finite_subset)"),
    (("Finite_Set.finite",), "(auto dest: finite_subset)"),
    ((_SUM, "Orderings.ord_class.less_eq"), "(auto intro!: sum_mono)"),
    ((_SUM, "Orderings.ord_class.less_eq"), "(auto intro!: sum_nonneg)"),
    ((_SUM,), "(auto intro!: sum.cong)"),
    (("List.list.map",), "(auto intro!: map_idI)"),
    (("HOL.Ex", "List.list.set"), "(auto dest: split_list)"),
    (("HOL.Ex", "HOL.All"), "(intro choice, auto)"),
    (("HOL.The",), "(rule the_equality, auto)"),
    (("Hilbert_Choice.Eps",), "(rule someI2, auto)"),
)

#: How many facts are told at once.
_MAX_FACTS = 8


def facts(shape: Shape) -> tuple[str, ...]:
    """The library's facts for simp about what the goal mentions."""
    found = (f for keys, known in _SIMP if shape.names.issuperset(keys) for f in known)
    return tuple(dict.fromkeys(found))[:_MAX_FACTS]


def fact_groups(shape: Shape) -> list[tuple[str, ...]]:
    """The library's facts for simp, those together that belong together."""
    here = [known for keys, known in _SIMP if shape.brings(keys)]
    return [*here, *(known for keys, known in _SIMP if shape.meets(keys) and known not in here)]


def informed(shape: Shape) -> Rule:
    """Automation told of the library's facts."""
    late = 6 if shape.functions else 0
    own = shape.definitions
    groups = fact_groups(shape)
    for place, known in enumerate(groups[:6]):
        yield from shape.proofs(simplify("auto", own, known), 3.2 + late + 0.6 * place)
        if shape.told:
            yield from shape.proofs(simplify("auto", own, shape.told, known), 4.2 + late + 0.6 * place)
    every = facts(shape)
    if len(groups) > 1:
        yield from shape.proofs(simplify("auto", own, every), 4.5 + late)
    for known in groups[:4]:
        yield from shape.proofs(simplify("simp", own, known), 3.1 + late)
        yield from shape.proofs(simplify("fastforce", own, known), 12 + late)
        if shape.hypotheses:
            yield from shape.proofs(f"(metis {' '.join(k for k in known if k != 'algebra_simps')})", 13 + late)
    for keys, methods in _METHODS:
        if shape.names.issuperset(keys):
            yield from shape.proofs(methods, 4 + late)
    for keys, rules in _RULES:
        if shape.names.issuperset(keys):
            yield from shape.proofs(simplify("auto", own, more=rules), 3.6 + late)
            yield from shape.proofs(f"(fastforce {rules})", 12.5 + late)
