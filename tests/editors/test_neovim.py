"""Neovim, the real one and without a screen, with the plugin, and with the few lines that README.md has without it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from editors.holes import HOLES, PROVABLE, judge
from editors.nvim import PLUGIN, ROOT, Desk, Neovim, Session, found_or_skipped, from_wheel, on_path, until
from provers.isabelle.isabelles import make_isabelle, needs_isabelle
from provers.leans import installed
from unsorry.provers.seam import Snapshot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script here"),
]

THEORY = """theory Holes
  imports Main
begin

lemma comm: "(a::nat) + b = b + a"
  sorry

lemma rev_rev: "∀xs. rev (rev xs) = xs"
  sorry

lemma never: "(a::nat) + b = a * b" sorry

end
"""

HEADLESS = 'lua require("unsorry").headless()'


@pytest.fixture(params=[on_path, from_wheel], ids=["on the path", "from a wheel"])
def neovim(request: pytest.FixtureRequest) -> Neovim:
    """Each Neovim that there is."""
    return found_or_skipped(request.param)


@pytest.fixture
def desk(neovim: Neovim, tmp_path: Path) -> Desk:
    """The plugin, and a Lean file."""
    installed()
    return Desk(neovim, tmp_path, text=HOLES)


@pytest.fixture
def idle_desk(neovim: Neovim, tmp_path: Path) -> Desk:
    """The same for tests that want nothing proved, and so no Lean."""
    return Desk(neovim, tmp_path, text=HOLES)


def offered(session: Session, line: int, column: int) -> list[str]:
    """Takes the first quick fix at a place, in the way that the version has for it; all that were offered."""
    session.go(line, column)
    before = session.text
    session.lua("""
      vim.ui.select = function(items, options, choose)
        offered = vim.tbl_map(options.format_item, items)
        choose(items[1], 1)
      end
      vim.lsp.buf.code_action({ diagnostics = {}, only = { "quickfix" } })
    """)
    until(lambda: session.text != before, "the edit", session)
    return session.lua("return offered")


@pytest.mark.embedded
class TestProving:
    """What a user does in a file with holes."""

    def test_hints_a_command_a_code_action_and_a_save(self, desk: Desk) -> None:
        desk.configure("{ prove_on_save = true }")
        with desk.session() as session:
            hints = session.hints(PROVABLE)
            assert [(h["line"], h["column"], h["severity"]) for h in hints] == [(1, 2, 4), (6, 5, 4), (7, 5, 4)]
            # What the hint says stands behind the hole, in versions too that show no such text by themselves.
            shown = session.lua("""
              local texts = {}
              -- Those of diagnostics have no names in older versions.
              for namespace = 1, vim.api.nvim_create_namespace("") do
                for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
                  for _, chunk in ipairs(mark[4].virt_text or {}) do
                    texts[#texts + 1] = chunk[1]
                  end
                end
              end
              return table.concat(texts, "\\n")
            """)
            assert all(hint["message"] in shown for hint in hints), (hints, shown)

            session.go(2, 2)
            session.ex("UnsorryProve")
            until(lambda: session.text.count("sorry") == 3, "the proof", session)
            (proof,) = re.findall("`(.+)` proves this", hints[0]["message"])
            assert session.text == HOLES.replace("sorry", proof, 1)

            session.hints(PROVABLE - 1)
            assert re.search(r"`.+` — proves the goal", offered(session, 7, 5)[0])
            assert session.text.count("sorry") == 2

            session.hints(PROVABLE - 2)
            session.ex("write")
            saved = session.text
            assert saved.count("sorry") == 1
            assert desk.file.read_text(encoding="utf-8") == saved
            assert "Error" not in session.messages
        judge(saved, 1)

    def test_without_prove_on_save_a_save_changes_nothing(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            session.ex("write")
            assert session.text == HOLES
        assert desk.file.read_text(encoding="utf-8") == HOLES

    def test_the_whole_file_and_the_status_line(self, desk: Desk) -> None:
        with desk.session() as session:
            # As the manual has it.
            line = """return vim.api.nvim_eval_statusline("%{%v:lua.require'unsorry'.statusline()%}", {}).str"""
            session.wait(line + ' == "Unsorry: 3 of 4 proved"', "its state")
            session.ex("UnsorryProveFile")
            session.wait_for_message("3 proved, 1 open")
            assert session.text.count("sorry") == 1
            session.wait(line + ' == "Unsorry: 0 of 1 proved"', "its state when that is done")
            session.ex("UnsorryStatus")
            session.wait_for_message("Holes.lean: 0 of 1 proved")
            session.ex("enew")
            assert session.lua(line) == ""

    def test_the_goal_in_a_window(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            session.go(7, 5)
            session.ex("UnsorryGoal")
            shown = session.wait(
                """
                for _, window in ipairs(vim.api.nvim_list_wins()) do
                  if vim.api.nvim_win_get_config(window).relative ~= "" then
                    return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
                  end
                end
                """,
                "a window with the goal",
            )
            assert "⊢ 𝔓" in shown
            assert "⊢" not in session.messages
            session.go(4, 0)
            session.ex("UnsorryGoal")
            session.wait_for_message("there is no goal at this place")

    def test_a_proof_that_is_cancelled(self, desk: Desk) -> None:
        text = "\n".join(f"theorem t{n} (a b : Nat) : a + b = a * b + {n} := by sorry\n" for n in range(40))
        desk.file.write_text(text, encoding="utf-8")
        desk.configure("{ settings = { server = { automatic = false } } }")
        with desk.session() as session:
            session.ex("UnsorryProveFile")
            session.wait(
                'return require("unsorry").statusline():find("proving the file: %d+ of 40 holes") ~= nil',
                "progress in the status line",
            )
            session.ex("UnsorryCancel")
            session.wait_for_message("Unsorry: cancelled.")
            assert "proving" not in session.lua('return require("unsorry").statusline()')
            assert session.text == text
            # The server has let go of it, too.
            session.wait(
                """
                local client = require("unsorry.server").client()
                local told = require("unsorry.compat").request_sync(
                  client, "workspace/executeCommand", { command = "unsorry.status", arguments = {} }, 5000, 0)
                return told and told.result and told.result.requests == 0 and told.result.lanes[1].queue == 0
                """,
                "a server that does nothing",
            )
            session.ex("UnsorryCancel")
            session.wait_for_message("no command is running")

    def test_what_takes_long_without_being_asked_for_is_said(self, desk: Desk) -> None:
        tell = """
          for _, value in ipairs({ %s }) do
            require("unsorry.progress").handle(nil, { token = "t", value = value }, {
              client_id = require("unsorry.server").client().id
            }, {})
          end
        """
        begin = '{ kind = "begin", title = "Unsorry prepares a prover" }'
        report = '{ kind = "report", message = "fetching" .. (" a lot"):rep(100) }'
        with desk.session() as session:
            session.hints(PROVABLE)
            session.lua(tell % f'{begin}, {{ kind = "end" }}')
            session.lua(tell % f"{begin}, {report}")
            session.wait_for_message("Unsorry prepares a prover: fetching a lot")
            session.lua(tell % '{ kind = "end" }')
            session.wait_for_message("Unsorry prepares a prover: done")
            # What was over soon was not worth a word, and nothing that was said waits for a key.
            assert session.messages.count("Unsorry prepares") == 2
            assert session.lua("return vim.api.nvim_get_mode().blocking") is False

    def test_completions_with_the_editors_own_keys(self, desk: Desk) -> None:
        text = "theorem comm (a b : Nat) : a + b = b + a := by\n  \n"
        desk.file.write_text(text, encoding="utf-8")
        with desk.session() as session:
            session.go(2, 2)
            session.send("Aom")
            asked = 0.0

            def there() -> bool:
                # A list does not wait for a search, and is empty as long as there is nothing to go in it.
                nonlocal asked
                if time.monotonic() - asked > 5:
                    asked = time.monotonic()
                    session.send("<Esc>A<C-x><C-o>")
                return session.text != text.replace("  \n", "  om\n")

            until(there, "completions", session)
            assert session.text == text.replace("  \n", "  omega\n")

    def test_the_log_in_a_window(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            session.ex("UnsorryLog")
            name = session.wait(
                "local name = vim.api.nvim_buf_get_name(0); return not name:find('Holes') and name", "the log"
            )
            assert Path(name).read_text(encoding="utf-8")
            assert session.lua("return vim.bo.readonly")
            assert name not in session.messages


def ghost(session: Session) -> str:
    """The text that is shown at the cursor in grey, when there is one.

    The server says that there is none when its time for a keystroke is over, which on a busy machine comes before the
    proof, and is asked again with the next one.
    """
    shown = """
      local namespace = vim.api.nvim_get_namespaces()["unsorry-ghost"]
      local mark = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })[1]
      return mark and vim.trim(mark[4].virt_text[1][1])
    """
    asked = time.monotonic()

    def there() -> bool:
        nonlocal asked
        if time.monotonic() - asked > 5:
            asked = time.monotonic()
            session.send("<Esc>a")
        return bool(session.lua(shown))

    until(there, "ghost text", session)
    return session.lua(shown)


def marks(session: Session) -> int:
    """How many such texts are shown."""
    return session.lua("""
      return #vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()["unsorry-ghost"], 0, -1, {})
    """)


@pytest.mark.embedded
class TestGhostText:
    """Proofs that are shown while one types, up to the version that has inline completion of its own."""

    @pytest.fixture(autouse=True)
    def only_without_the_editors_own(self, neovim: Neovim) -> None:
        if neovim.version >= (0, 12):
            pytest.skip("this version has inline completion of its own")

    def test_a_key_inserts_what_is_shown_and_undo_takes_it_back(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            session.go(7, 5)
            session.send("i")
            shown = ghost(session)
            session.send("<M-l>")
            until(lambda: session.text != HOLES, "the proof", session)
            assert session.text == HOLES.replace("· sorry", f"· {shown}", 1)
            assert marks(session) == 0
            session.send(" -- so<Esc>")
            assert session.text == HOLES.replace("· sorry", f"· {shown} -- so", 1)
            session.send("uu")
            until(lambda: session.text == HOLES, "the text before", session)

    def test_what_goes_on_from_what_is_typed(self, desk: Desk) -> None:
        text = "theorem comm (a b : Nat) : a + b = b + a := by\n  \n"
        desk.file.write_text(text, encoding="utf-8")
        with desk.session() as session:
            session.go(2, 2)
            session.send("Aom")
            assert ghost(session) == "omega"
            session.send("<M-l>")
            until(lambda: "omega" in session.text, "the proof", session)
            assert session.text == text.replace("  \n", "  omega\n")

    def test_it_is_gone_with_the_next_keystroke(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            session.go(2, 2)
            session.send("i")
            ghost(session)
            session.send("<Esc>")
            until(lambda: marks(session) == 0, "nothing shown", session)
            assert session.lua('return require("unsorry").accept()') is False
            assert session.text == HOLES

    def test_the_user_may_have_none(self, desk: Desk) -> None:
        desk.configure("{ ghost_text = false }")
        with desk.session() as session:
            session.hints(PROVABLE)
            assert session.lua('return vim.fn.maparg("<M-l>", "i")') == ""
            assert session.lua('return vim.api.nvim_get_namespaces()["unsorry-ghost"] == nil')


# What Neovim 0.12 has of its own, as far as the plugin calls it: the last versions that can be had here are older.
INLINE_COMPLETION = """
vim.lsp.inline_completion = {
  enable = function(on, filter)
    assert(not (filter.bufnr and filter.client_id), "`bufnr` and `client_id` are mutually exclusive.")
    enabled = { on = on, buffer = filter.bufnr }
  end,
  get = function(options)
    local item = current
    current = nil
    vim.schedule(function()
      if item then
        options.on_accept(item)
        finished = true
      end
    end)
    return item ~= nil
  end,
}
"""


@pytest.mark.embedded
class TestInlineCompletion:
    """What the editor shows of itself is inserted where it is ours, and certified for the text as it is by then."""

    @pytest.fixture
    def session(self, neovim: Neovim, desk: Desk) -> Generator[Session]:
        """A session in insert mode at the second hole."""
        if neovim.version >= (0, 12):
            pytest.skip("this version has inline completion of its own")
        desk.write_init(f'{INLINE_COMPLETION}vim.opt.runtimepath:prepend("{PLUGIN}")\nrequire("unsorry").setup({{}})\n')
        with desk.session() as session:
            session.hints(PROVABLE)
            session.go(7, 5)
            session.send("i")
            yield session

    @staticmethod
    def accept(session: Session, text: str, client: str = 'require("unsorry.server").client().id') -> bool:
        """Has the editor show a text of a client's, and presses the key; whether something was inserted."""
        before = session.text
        shown = f"{{ client_id = {client}, insert_text = {json.dumps(text)} }}"
        session.lua(f"current, finished = {shown}, false")
        session.send("<M-l>")
        session.wait("return finished", "the key to do its work")
        return session.text != before

    def test_it_is_switched_on(self, session: Session) -> None:
        assert session.lua("return enabled") == {"on": True, "buffer": session.lua("return vim.fn.bufnr()")}

    def test_a_proof_of_the_servers_is_inserted(self, session: Session) -> None:
        (proof,) = re.findall("`(.+)` proves this", session.hints(PROVABLE)[1]["message"])
        # The server may say at first that it has none yet, as everywhere.
        until(lambda: self.accept(session, proof), "the proof", session)
        assert session.text == HOLES.replace("· sorry", f"· {proof}", 1)
        assert session.lua("return vim.api.nvim_win_get_cursor(0)") == [7, len("  · ".encode()) + len(proof)]

    def test_anything_else_is_not(self, session: Session) -> None:
        assert not self.accept(session, "was found for an older text")
        (proof,) = re.findall("`(.+)` proves this", session.hints(PROVABLE)[1]["message"])
        assert not self.accept(session, proof, "-1")


@pytest.mark.embedded
class TestServer:
    """The server's process."""

    def test_one_that_is_killed_is_started_again_and_given_up_in_the_end(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            os.kill(desk.servers[-1], signal.SIGKILL)
            session.wait_for_message("Unsorry: the server ended (signal 9) and was started again.")
            session.hints(PROVABLE)
            assert len(desk.servers) == 2
            for number in (3, 4):
                ready = 'return require("unsorry.server").client() ~= nil'
                session.wait(ready, "a server that is ready")
                os.kill(desk.servers[-1], signal.SIGKILL)
                if number == 3:
                    until(lambda: len(desk.servers) == 3, "the third server", session)
            session.wait_for_message("the server ended 3 times within a minute")
            assert len(desk.servers) == 3
            assert session.lua('return require("unsorry").statusline()') == "Unsorry: not running"
            session.ex("edit")
            assert len(desk.servers) == 3, "nothing starts it but the user"
            session.ex("UnsorryRestart")
            session.hints(PROVABLE)
            assert len(desk.servers) == 4

    def test_restart(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            session.ex("UnsorryRestart")
            until(lambda: len(desk.servers) == 2, "another server", session)
            session.hints(PROVABLE)
            assert "ended" not in session.messages
            session.ex("UnsorryRestartProver")
            session.wait_for_message("the prover is started afresh")
            session.hints(PROVABLE)
            assert len(desk.servers) == 2

    def test_all_files_have_one_and_it_knows_their_projects(self, desk: Desk) -> None:
        other = desk.folder / "other" / "Other.lean"
        other.parent.mkdir()
        (other.parent / "unsorry.toml").write_text("[lean]\nembedded_only = true\n", encoding="utf-8")
        other.write_text(HOLES, encoding="utf-8")
        with desk.session() as session:
            session.hints(PROVABLE)
            session.ex(f"edit {other}")
            session.hints(PROVABLE)
            session.ex("UnsorryProveWorkspace")
            session.wait_for_message("6 proved, 2 open")
            assert len(desk.servers) == 1


class TestTroubles:
    """What the user hears when something is wrong."""

    def test_no_program(self, idle_desk: Desk) -> None:
        idle_desk.configure('{ cmd = { "no-such-program", "lsp" } }')
        with idle_desk.session() as session:
            session.wait_for_message("there is no program `no-such-program`. Install Unsorry, or say where it is")
            session.ex("edit")
            assert session.messages.count("there is no program") == 1
            assert session.lua('return require("unsorry").statusline()') == "Unsorry: not running"

    def test_a_program_that_ends_at_once(self, idle_desk: Desk) -> None:
        idle_desk.configure('{ cmd = { "false" } }')
        with idle_desk.session() as session:
            session.wait_for_message("`false` ended with exit code 1 before it was ready. Run `unsorry doctor`")
            session.ex("UnsorryLog")
            session.wait_for_message("the server is not running; what it wrote before is in")

    def test_another_kind_of_buffer(self, idle_desk: Desk) -> None:
        with idle_desk.session() as session:
            session.ex("edit notes.txt")
            session.ex("UnsorryProve")
            session.wait_for_message("this buffer is no Lean file and no Isabelle theory")
            assert session.lua('return require("unsorry").statusline()') == ""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ("3", "setup takes a table of options, not a number"),
            ("{ prove_on_svae = true }", "there is no option `prove_on_svae`; there are accept_key, cmd,"),
            ('{ cmd = "unsorry lsp" }', 'the option `cmd` must be a list of words, such as { "unsorry", "lsp" }'),
            ("{ cmd = {} }", "the option `cmd` must be a list of words"),
            ('{ filetypes = { lean = "lean" } }', "the option `filetypes` must be a list of filetypes"),
            ('{ extensions = { "thy" } }', "the option `extensions` must be a table from endings to filetypes"),
            ("{ root_markers = false }", "the option `root_markers` must be a list of file names"),
            ('{ settings = { "x" } }', "the option `settings` must be a table of the server's settings"),
            ("{ prove_on_save = 1 }", "the option `prove_on_save` must be true or false"),
            ("{ save_timeout = 0 }", "the option `save_timeout` must be a number of milliseconds above 0"),
            ("{ accept_key = true }", 'the option `accept_key` must be a key, such as "<M-l>", or false'),
        ],
    )
    def test_options_that_are_none(self, idle_desk: Desk, options: str, message: str) -> None:
        idle_desk.configure()
        ran = idle_desk.run("-c", f"lua require('unsorry').setup({options})", "-c", "qall!")
        assert f"unsorry: {message}" in ran.stderr


class TestHealth:
    """`:checkhealth unsorry`."""

    @staticmethod
    def report(session: Session) -> str:
        session.ex("checkhealth unsorry")
        return session.wait(
            """
            local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\\n")
            return text:find("unsorry doctor", 1, true) and text
            """,
            "the report",
        )

    @pytest.mark.embedded
    def test_all_is_well(self, desk: Desk) -> None:
        with desk.session() as session:
            session.hints(PROVABLE)
            told = self.report(session)
            assert "unsorry 0." in told
            assert "the server runs and answers" in told
            assert "Lean 4." in told
            assert "Holes.lean: 3 of 4 proved" in told
            assert not re.search("ERROR|WARN|❌|⚠", told)

    def test_all_is_not_well(self, idle_desk: Desk) -> None:
        idle_desk.configure('{ cmd = { "no-such-program", "lsp" } }')
        with idle_desk.session() as session:
            told = self.report(session)
            assert re.search("ERROR:? there is no program `no-such-program`", told)
            assert "as its README says" in told


class TestHeadless:
    """The recipe for scripts, and its exit status."""

    @pytest.mark.embedded
    def test_some_are_left(self, desk: Desk) -> None:
        ran = desk.run(desk.file, "-c", HEADLESS)
        assert (ran.returncode, ran.stdout) == (1, f"{desk.file.name}: {PROVABLE} proved, 1 open\n"), ran.stderr
        written = desk.file.read_text(encoding="utf-8")
        assert written.count("sorry") == 1
        judge(written, 1)

    @pytest.mark.embedded
    def test_all_are_proved_in_several_files(self, desk: Desk) -> None:
        text = HOLES.partition("theorem never")[0]
        other = desk.project / "Other file.lean"
        for file in (desk.file, other):
            file.write_text(text, encoding="utf-8")
        ran = desk.run(desk.file, other, "-c", HEADLESS)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout == "".join(f"{file.name}: {PROVABLE} proved, 0 open\n" for file in (desk.file, other))
        assert all("sorry" not in file.read_text(encoding="utf-8") for file in (desk.file, other))
        assert len(desk.servers) == 1

    @pytest.mark.embedded
    def test_a_file_that_can_not_be_proved_does_not_keep_the_others_from_it(self, desk: Desk) -> None:
        missing = desk.project / "Missing.lean"
        ran = desk.run(missing, desk.file, "-c", HEADLESS)
        assert ran.returncode == 2
        assert f"{missing.name}: there is no such file" in ran.stderr
        assert ran.stdout == f"{desk.file.name}: {PROVABLE} proved, 1 open\n"

    @pytest.mark.embedded
    def test_without_a_setup_of_the_users(self, desk: Desk) -> None:
        desk.write_init(f'vim.opt.runtimepath:prepend("{PLUGIN}")\n')
        ran = desk.run(desk.file, "-c", HEADLESS)
        assert (ran.returncode, ran.stdout) == (1, f"{desk.file.name}: {PROVABLE} proved, 1 open\n"), ran.stderr

    def test_no_program(self, idle_desk: Desk) -> None:
        idle_desk.configure('{ cmd = { "no-such-program", "lsp" } }')
        ran = idle_desk.run(idle_desk.file, "-c", HEADLESS)
        assert ran.returncode == 2
        assert "there is no program `no-such-program`" in ran.stderr

    def test_a_program_that_ends_at_once(self, idle_desk: Desk) -> None:
        idle_desk.configure('{ cmd = { "false" } }')
        ran = idle_desk.run(idle_desk.file, "-c", HEADLESS)
        assert ran.returncode == 2
        assert "before it was ready" in ran.stderr

    def test_no_file(self, idle_desk: Desk) -> None:
        ran = idle_desk.run("-c", HEADLESS)
        assert ran.returncode == 2
        assert "no file was named" in ran.stderr

    def test_no_lean_file(self, idle_desk: Desk) -> None:
        other = idle_desk.project / "notes.txt"
        other.write_text("sorry\n")
        ran = idle_desk.run(other, "-c", HEADLESS)
        assert ran.returncode == 2
        assert f"{other.name}: it is no Lean file and no Isabelle theory" in ran.stderr


class TestManual:
    """`:help unsorry`."""

    @pytest.fixture
    def doc(self, idle_desk: Desk) -> Path:
        """A copy, for `:helptags` writes beside it."""
        copy = idle_desk.folder / "plugin"
        shutil.copytree(PLUGIN, copy, ignore=shutil.ignore_patterns("tags"))
        idle_desk.write_init(f'vim.opt.runtimepath:prepend("{copy}")\nrequire("unsorry").setup()\n')
        return copy / "doc"

    def test_its_tags(self, idle_desk: Desk, doc: Path) -> None:
        ran = idle_desk.run("-c", f"helptags {doc}", "-c", "help :UnsorryProve", "-c", "qall!")
        assert ran.stderr == ""
        tags = {line.split("\t")[0] for line in (doc / "tags").read_text().splitlines()}
        text = (doc / "unsorry.txt").read_text(encoding="utf-8")
        # What it refers to in its own pages is there.
        assert {t for t in re.findall(r"\|([^|\s]+)\|", text) if "nsorry" in t} <= tags

    def test_it_tells_every_command_and_every_option(self, idle_desk: Desk, doc: Path) -> None:
        text = (doc / "unsorry.txt").read_text(encoding="utf-8")
        with idle_desk.session() as session:
            commands: dict[str, Any] = session.lua("return vim.api.nvim_get_commands({})")
            ours = {name for name in commands if name.startswith("Unsorry")}
            defaults: dict[str, Any] = session.lua('return require("unsorry.options").get()')
        assert {t.rstrip("!") for t in re.findall(r"\*:(Unsorry\w+!?)\*", text)} == ours
        told = re.findall(r"\*unsorry-option-(\w+)\*", text)
        assert told == sorted(told)
        assert set(told) == set(defaults)


def test_nothing_is_left_in_the_global_name_space(idle_desk: Desk) -> None:
    idle_desk.write_init(
        "before = {}\nfor name in pairs(_G) do before[name] = true end\n"
        f'vim.opt.runtimepath:prepend("{PLUGIN}")\nrequire("unsorry").setup({{ cmd = {{ "false" }} }})\n'
    )
    with idle_desk.session() as session:
        session.ex("UnsorryStatus")
        assert session.lua("""
          local new = {}
          for name in pairs(_G) do
            if not before[name] then new[#new + 1] = name end
          end
          return new
        """) in ([], {})


def test_the_lua_is_linted() -> None:
    linter = shutil.which("luacheck")
    if linter is None:
        pytest.skip("no luacheck is on the PATH, so the Lua is not linted")
    ran = subprocess.run([linter, "--quiet", "."], cwd=PLUGIN, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.embedded
def test_without_the_plugin(tmp_path: Path) -> None:
    """The lines of README.md that need nothing but the editor, from 0.11 on."""
    neovim = found_or_skipped(from_wheel)
    installed()
    desk = Desk(neovim, tmp_path, text=HOLES)
    blocks = re.findall(r"```lua\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [b for b in blocks if b.startswith("-- without the plugin")]
    desk.write_init(block)
    with desk.session() as session:
        session.hints(PROVABLE)
        assert re.search(r"`.+` — proves the goal", offered(session, 2, 2)[0])
        session.hints(PROVABLE - 1)
        session.ex("write")
        saved = session.text
    assert saved.count("sorry") == 1
    assert desk.file.read_text(encoding="utf-8") == saved
    judge(saved, 1)


class TestIsabelle:
    """The same story on a theory."""

    pytestmark = needs_isabelle

    @pytest.fixture
    def theory(self, neovim: Neovim, tmp_path: Path) -> Desk:
        """The plugin, and a theory."""
        return Desk(neovim, tmp_path, "Holes.thy", THEORY)

    @staticmethod
    def judge(path: Path) -> None:
        """A fresh Isabelle finds no error, and the hole that can't be filled."""

        text = path.read_text(encoding="utf-8")

        async def ask() -> None:
            prover = make_isabelle(path)
            try:
                document = await prover.open(Snapshot(path.as_uri(), 1, text, path))
                assert document.errors == ()
                assert [h.declaration for h in document.holes] == ["never"]
                told = {a.name.rsplit(".", 1)[-1]: a.axioms for a in await prover.axioms(document)}
                assert (told["comm"], told["rev_rev"]) == ((), ())
            finally:
                await prover.close()

        asyncio.run(ask())

    def test_hints_a_code_action_and_a_save(self, theory: Desk) -> None:
        theory.configure("{ prove_on_save = true }")
        with theory.session() as session:
            assert [(h["line"], h["column"]) for h in session.hints(2)] == [(5, 2), (8, 2)]
            assert re.search(r"`by .+` — proves the goal", offered(session, 6, 2)[0])
            session.hints(1)
            session.ex("write")
            assert theory.file.read_text(encoding="utf-8") == session.text
        self.judge(theory.file)

    def test_without_a_screen(self, theory: Desk) -> None:
        ran = theory.run(theory.file, "-c", HEADLESS)
        assert (ran.returncode, ran.stdout) == (1, f"{theory.file.name}: 2 proved, 1 open\n"), ran.stderr
        self.judge(theory.file)
