"""What the options for suggesters and models say together, and which of them contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from unsorry.cli.choosing import chosen
from unsorry.errors import InputError
from unsorry.workspace.settings import Settings, load

URL = "http://127.0.0.1:1/v1"


def settings(folder: Path, **options: str | None) -> Settings:
    """The settings that hold with these options."""
    wanted = {"suggester": None, "address": None, "model": None, "preset": None, **options}
    found = chosen(**wanted)
    return found.added(load(folder, command_line=found.settings).settings)


def test_a_local_model_is_asked_beside_the_others(tmp_path: Path) -> None:
    found = settings(tmp_path, model="someone/some-model", preset="chat")
    assert found.suggest.use == ("rules", "neighbours", "transformers")
    assert (found.transformers.model, found.transformers.preset) == ("someone/some-model", "chat")
    assert (found.http.model, found.http.preset) == ("", "")


def test_a_folder_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert settings(tmp_path, model="model").transformers.model == str(tmp_path / "model")


def test_named_suggesters_are_the_only_ones(tmp_path: Path) -> None:
    assert settings(tmp_path, suggester="transformers, rules", model="m/n").suggest.use == ("rules", "transformers")
    found = settings(tmp_path, suggester="http", model="m")
    assert (found.suggest.use, found.http.model, found.transformers.model) == (("http",), "m", "")


def test_a_url_is_an_endpoint(tmp_path: Path) -> None:
    (tmp_path / "unsorry.toml").write_text('[http]\nmodel = "m"\n[suggest]\nuse = ["rules"]\n')
    found = settings(tmp_path, model=URL)
    assert found.suggest.use == ("rules", "http")
    assert (found.http.address, found.http.model, found.transformers.model) == (URL, "m", "")


def test_with_an_address_the_model_is_a_name_there(tmp_path: Path) -> None:
    for suggester in (None, "http,transformers"):
        found = settings(tmp_path, suggester=suggester, address=URL, model="name")
        assert (found.http.address, found.http.model, found.transformers.model) == (URL, "name", "")
        assert "http" in found.suggest.use


def test_a_preset_alone_is_for_the_model_of_the_settings(tmp_path: Path) -> None:
    found = settings(tmp_path, preset="chat")
    assert (found.http.preset, found.transformers.preset) == ("chat", "chat")
    assert found.suggest.use == Settings().suggest.use


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"suggester": "magic"}, "wants one or several of rules, neighbours, http"),
        ({"suggester": "rules", "model": "m/n"}, "--suggester names neither"),
        ({"suggester": "rules", "preset": "chat"}, "names neither http nor transformers"),
        ({"suggester": "rules,transformers", "address": URL, "model": "m"}, "add http there"),
        ({"suggester": "transformers", "model": URL}, "add http there"),
        ({"address": URL, "model": URL}, "give one URL"),
    ],
)
def test_contradictions(tmp_path: Path, options: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        settings(tmp_path, **options)
