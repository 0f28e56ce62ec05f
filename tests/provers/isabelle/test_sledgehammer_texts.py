"""What Sledgehammer says, and what is read off it."""

from __future__ import annotations

import pytest

from unsorry.provers.isabelle.sledgehammer import external_provers, proofs


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ("cvc5: Try this: by (metis a b) (12 ms)", ("by (metis a b)",)),
        ("e: Try this: by (simp add: c(1,2)) (1.2 s)", ("by (simp add: c(1,2))",)),
        ("z3: Try this: by (smt (z3) d) (> 1.0 s, timed out)", ("by (smt (z3) d)",)),
        ("z3: Try this: by (metis d) (failed)", ("by (metis d)",)),
        ("vampire: Try this: using a by blast (0.4 ms)", ("using a by blast",)),
        ("vampire: Try this: by force", ("by force",)),
        (
            "e: Try this: by (metis d) (> 1.0 s, timed out)\n\nIsar proof (38 ms):\nproof -\n  show c by simp\nqed",
            ("proof -\n  show c by simp\nqed", "by (metis d)"),
        ),
        ("e found a proof...", ()),
        ("e: Duplicate proof", ()),
        ("", ()),
    ],
)
def test_the_proofs_in_its_messages(message: str, texts: tuple[str, ...]) -> None:
    assert proofs(message) == texts


def test_the_provers_that_settings_name() -> None:
    assert external_provers({}) == ()
    assert external_provers({"E_HOME": "", "CVC5_SOLVER": "/x/cvc5", "VAMPIRE_HOME": "/y"}) == ("cvc5", "Vampire")
