"""Tells code from prose, line by line, by the words in it."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that tactics of Lean and Mathlib begin with.
LEAN = _words(
    """
    abel ac_rfl aesop all_goals any_goals apply apply_fun apply_mod_cast apply_rules assumption
    assumption_mod_cast beta_reduce bound bv_decide bv_omega by_cases by_contra by_contra! calc case case' cases
    cases' change choose clear clear_value cc compute_degree congr congrm constructor continuity contradiction
    contrapose contrapose! conv conv_lhs conv_rhs convert convert_to cutsat dbg_trace decide delta done dsimp
    econstructor eapply eq_refl erw eta_reduce exact exact_mod_cast exacts exfalso exists ext ext1
    fail_if_success fapply field field_simp fin_cases fin_omega first focus fun_cases fun_induction funext
    gcongr generalize get_elem_tactic grind group grw guard_hyp guard_target have haveI if induction induction'
    infer_instance inhabit injection injections injectivity interval_cases intro intros isBoundedDefault itauto
    iterate left let letI lift linarith linear_combination map_fun_tac match measurability mod_cases monicity
    mono move_add move_mul native_decide next nlinarith noncomm_ring nofun nomatch norm_cast norm_num
    nth_rewrite nth_rw observe obtain omega on_goal order peel pick_goal plausible pnat_positivity polyrith
    positivity pull push_cast push_neg qify rcases reduce refine refine' refl refold_let rel rename rename_i
    repeat repeat' replace revert rewrite rfl rfl' rify right ring ring_nf ring1 rintro rotate_left rotate_right
    rsuffices rw rw_mod_cast rwa set show show_term simp simp! simp_all simp_arith simp_rw simpa skip slice_lhs
    slice_rhs solve solve_by_elim sorry specialize split split_ifs split_ands stop subsingleton subst subst_vars
    subst_eqs substs success_if_fail suffices symm symm_saturate swap tauto tfae_finish tfae_have trans triv
    trivial try type_check unfold unfold_let unhygienic unify_eq use use! use_discharger wlog with_reducible
    with_unfolding_all zify
    """
)

#: Words that proof texts of Isabelle begin with.
ISABELLE = _words(
    """
    also apply apply_end assume back by case consider def define defer done finally fix from have hence include
    interpret let moreover next note obtain oops prefer presume proof qed show sorry subgoal subproofs supply
    then thus ultimately unfolding using with write
    """
)

#: Methods of Isabelle, which models give without the command that runs them.
METHODS = _words(
    """
    algebra argo arith assumption auto best blast cases clarify clarsimp coinduction eval fact fast fastforce
    force goal_cases induct induct_tac induction insert intro intro_classes iprover linarith meson metis moura
    nitpick presburger rule safe sat simp simp_all slow smt sos subst transfer transfer_prover unfold
    unfold_locales
    """
)

# Words of English that no tactic text has as names, or hardly any.
_ENGLISH = _words(
    """
    about above after again an and answer are as be because been but can cannot could directly does each easily
    fails follows following goal here hints hope how however hypothesis into is it its lemma like look maybe
    might must need not of or our proof proves prove proved remaining should simple simply since so solve solved
    solves some statement such tactic tactics than that the their them theorem there therefore these they this
    to try trying two unable up us using want was we what when where which while will work works would yes you
    your
    """
)
_OPENERS = (_ENGLISH - _words("lemma try using theorem prove but")) | _words(
    """
    a also, at explanation finally, first, for hello hence, i i'd i'll i'm if, in it's lemma, let's next, no none note,
    note: nothing now null n/a ok okay on please sorry, sure that's then, thus, todo undefined unknown we're you're
    """
)

_FIRST = re.compile(r"[A-Za-z_][\w'.!?]*")
_WORDS = re.compile(r"[A-Za-z][a-z']*\b")
_SYMBOL = re.compile(r"[=∀∃⊢⟨⟩\[\]{}()λ←→↔∧∨¬≤≥<>|+*/^_:;·⟶⟹‹›\\\"@]|\w\.\w|\d")
_MARKDOWN = re.compile(r"#{1,6}(?:\s|\Z)|>\s|(?:[-=*_]\s*){3,}\Z|\*\*|<[/!A-Za-z]|\\\[|\$")
_DECLARES = re.compile(
    r"(?:@\[[^\]\n]*\]\s*+){0,4}(?:(?:private|protected|noncomputable|nonrec|local|scoped)\s++){0,4}"
    r"(?:theorem|lemma|example|def|instance|abbrev|corollary|proposition|schematic_goal|import|open|namespace|section|"
    r"variable|variables|universe|set_option|theory|imports|begin|end|termination_by|decreasing_by)\b"
)


def is_code(text: str) -> bool:
    """Whether it surely is code: it begins with a word that only code begins with, or is known to."""
    stripped = text.strip()
    first = _FIRST.match(stripped)
    if not first:
        return stripped.startswith(("(", "·", "<;>", ":=", "{", "⟨"))
    word = first[0].rstrip(".?:")
    return (word in LEAN or word in ISABELLE or word in METHODS) and not is_prose(text)


def is_prose(line: str) -> bool:
    """Whether a line at the margin is natural language, a heading or a rule, and not code."""
    text = line.strip()
    if _MARKDOWN.match(text):
        return True
    first = _FIRST.match(text)
    if not first:
        # What begins with a symbol or a sign of another script is code, if it has any of code's signs early on.
        return not _SYMBOL.search(text[:40]) and text not in {".", ".."} and not text.startswith(("--", "·", "⟨", "‹"))
    if _DECLARES.match(text):
        return _is_sentence(text)
    opener = text.split(None, 1)[0].lower()
    if first[0][0].isupper():
        return True
    word = first[0].rstrip(".")
    if word in LEAN or word in ISABELLE or word in METHODS:
        return _is_sentence(text)
    if opener.rstrip(",.:;!?") in _OPENERS or opener in _OPENERS:
        return True
    return _is_sentence(text) or (len(_WORDS.findall(text)) >= 4 and not _SYMBOL.search(text))


def _is_sentence(text: str) -> bool:
    """Several words of English, or one and the end of a sentence, and little that only code has."""
    words = [word.lower() for word in _WORDS.findall(text[:400])]
    english = sum(word in _ENGLISH for word in words)
    symbols = len(_SYMBOL.findall(text[:400]))
    ended = text.endswith((".", "!", "?", ":", ",")) and not text.endswith((" .", ".."))
    return english > symbols + (0 if ended else 1) and len(words) > 2
