"""The real embedded Lean, as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unsorry.provers.lean.embedded.runtime import EmbeddedLean

pytestmark = pytest.mark.embedded

GUEST = "/work"
ECHO = """
partial def echo (stdin stdout : IO.FS.Stream) : IO Unit := do
  let line ← stdin.getLine
  if line == "" then stdout.putStr "end\\n"
  else
    stdout.putStr line
    echo stdin stdout

public def main : IO Unit := do
  echo (← IO.getStdin) (← IO.getStdout)
"""
READER = """
partial def readLoop (stdin stdout : IO.FS.Stream) : IO Unit := do
  let line ← stdin.getLine
  if line != "" then
    stdout.putStr ("read " ++ line)
    readLoop stdin stdout

partial def spin (stop : Nat) : IO Unit := do
  let now ← IO.monoMsNow
  if now < stop then spin stop

public def main : IO UInt32 := do
  let stdout ← IO.getStdout
  let reader ← IO.asTask (readLoop (← IO.getStdin) stdout) Task.Priority.dedicated
  let now ← IO.monoMsNow
  stdout.putStr "spinning\\n"
  spin (now + 6000)
  stdout.putStr "spun\\n"
  let _ ← IO.wait reader
  return 3
"""


class Project:
    """A folder with Lean files, and a way to run Lean in it."""

    def __init__(self, lean: EmbeddedLean, folder: Path) -> None:
        self.lean = lean
        self.folder = folder

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return f"{GUEST}/{name}"

    def run(self, *args: str, stdin: bytes = b"", timing: bool = False) -> subprocess.CompletedProcess[bytes]:
        argv, environment = self.lean.command(args, mounts=[(self.folder, GUEST)], timing=timing)
        return subprocess.run(argv, env=environment, input=stdin, capture_output=True, timeout=120, check=False)

    @contextmanager
    def start(self, *args: str, end_with_input: bool = False) -> Generator[subprocess.Popen[bytes]]:
        argv, environment = self.lean.command(args, mounts=[(self.folder, GUEST)], end_with_input=end_with_input)
        with subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def project(lean: EmbeddedLean, tmp_path: Path) -> Project:
    return Project(lean, tmp_path)


def test_a_file_is_checked_and_nothing_else_is_said(project: Project) -> None:
    file = project.write("good.lean", "theorem good : 1 + 1 = 2 := rfl\n")
    done = project.run(file)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [path.name for path in project.folder.iterdir()] == ["good.lean"]


def test_an_error_is_on_standard_output_and_in_the_exit_code(project: Project) -> None:
    file = project.write("bad.lean", "theorem bad : 1 = 2 := by omega\n")
    done = project.run(file)
    assert done.returncode == 1
    assert b"omega could not prove the goal" in done.stdout
    assert done.stderr == b""


def test_the_users_own_debug_lines_are_kept(project: Project) -> None:
    text = "[DEBUG:FIND] x: found 1 parts\n  - /lean/lib/lean/Init.olean\n  mainModule? = true\n"
    literal = text.replace("\n", "\\n")
    file = project.write(
        "d.lean", f'public def main : IO Unit := do\n  IO.eprint "{literal}"\n  IO.print "{literal}"\n'
    )
    done = project.run("--run", file)
    assert done.stdout.decode() == text
    assert done.stderr.decode() == text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return 0", 0),
        ("return 9", 9),
        ('throw (IO.userError "boom")', 1),
        ("IO.Process.exit 5", 5),
    ],
)
def test_exit_codes_arrive(project: Project, body: str, code: int) -> None:
    file = project.write("e.lean", f"public def main : IO UInt32 := do\n  {body}\n")
    assert project.run("--run", file).returncode == code


def test_lines_of_all_lengths_and_scripts_pass_unchanged(project: Project) -> None:
    file = project.write("echo.lean", ECHO)
    lines = ["x" * length + "∀αβ𝔸é" * 60 for length in range(8)]
    lines.append("∀" * 500_000)
    lines.append("last, without a newline: ∎")
    sent = "\n".join(lines).encode()
    done = project.run("--run", file, stdin=sent)
    assert done.stderr == b""
    assert done.stdout == sent + b"end\n"


def test_standard_input_may_be_a_file_to_check(project: Project) -> None:
    done = project.run("--stdin", stdin="example : ∀ x : Nat, x = x := fun _ => rfl\n".encode())
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_task_reads_while_the_main_thread_computes(project: Project) -> None:
    file = project.write("reader.lean", READER)
    with project.start("--run", file) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"spinning\n"
        for number in range(3):
            line = f"line {number}\n".encode()
            process.stdin.write(line)
            process.stdin.flush()
            # Were the reader stalled by the computation, "spun" would come first.
            assert process.stdout.readline() == b"read " + line
        assert process.stdout.readline() == b"spun\n"
        process.stdin.close()
        assert process.wait(20) == 3


def test_a_process_that_waits_for_input_ends_at_once_when_main_does(project: Project) -> None:
    text = READER.replace("let _ ← IO.wait reader", "IO.Process.exit 4").replace("6000", "10")
    file = project.write("leave.lean", text)
    with project.start("--run", file) as process:
        assert process.wait(60) == 4


def test_endless_recursion_ends_the_process_with_one_line(project: Project) -> None:
    file = project.write(
        "deep.lean",
        "partial def deep (n : Nat) : Nat := deep (n + 1) + 1\n"
        'public def main : IO Unit := do IO.println s!"{deep 0}"\n',
    )
    done = project.run("--run", file)
    assert done.returncode == 70
    assert done.stderr == b"lean: the embedded Lean stopped: stack overflow (deep recursion)\n"


def test_the_phases_of_the_start_are_told_on_request(project: Project) -> None:
    done = project.run("--version", timing=True)
    assert b"4.28.0-pre" in done.stdout
    done = project.run(project.write("a.lean", ""), timing=True)
    assert done.stderr.startswith(b'{"unsorryLeanStart":{"js":')


@pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX")
def test_killing_it_leaves_no_process(project: Project) -> None:
    file = project.write("reader.lean", READER)
    argv, environment = project.lean.command(["--run", file], mounts=[(project.folder, GUEST)])
    with subprocess.Popen(
        argv,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait(10)
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


def test_it_ends_with_its_input_if_asked_to(project: Project) -> None:
    text = READER.replace("6000", "60000")
    with project.start("--run", project.write("r.lean", text), end_with_input=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.close()
        started = time.monotonic()
        process.wait(30)
        assert time.monotonic() - started < 15


def test_a_slow_reader_of_its_output_gets_everything(project: Project) -> None:
    file = project.write("echo.lean", ECHO)
    sent = b"".join(b"%d %s\n" % (number, b"y" * 2000) for number in range(2000))
    with project.start("--run", file) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def feed() -> None:
            stdin.write(sent)
            stdin.close()

        feeder = threading.Thread(target=feed)
        feeder.start()
        time.sleep(2)
        received = stdout.read()
        feeder.join()
    assert received == sent + b"end\n"


def test_two_processes_run_side_by_side(project: Project) -> None:
    file = project.write("good.lean", "example : 2 + 2 = 4 := by decide\n")
    with project.start(file) as one, project.start(file) as other:
        assert one.wait(60) == 0
        assert other.wait(60) == 0


if sys.platform != "win32":

    def test_a_termination_signal_ends_it(project: Project) -> None:
        file = project.write("reader.lean", READER)
        with project.start("--run", file) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == -signal.SIGTERM
