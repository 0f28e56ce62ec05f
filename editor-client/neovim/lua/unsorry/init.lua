--- Verified proofs for the holes of Lean files and Isabelle theories; |unsorry.txt| is the manual.
---
--- This module is all that others may rely on.  What it does stands in the modules beside it, which are loaded when
--- they are first needed.
local M = {}

--- Whether |unsorry-setup| has been called.
M.is_set_up = false

--- Takes the user's options and begins to work on Lean and Isabelle buffers, those that are open included.
---
--- May be called again with other options, which then hold for what is started from then on.
---@param options table? as |unsorry-options| has them; an error is raised for what is none of them
function M.setup(options)
  if vim.fn.has("nvim-0.7") == 0 then
    error("Unsorry needs Neovim 0.7 or newer.", 0)
  end
  require("unsorry.options").set(options)
  M.is_set_up = true
  require("unsorry.commands").define()
  require("unsorry.buffers").watch()
end

--- Inserts the proof that is shown as ghost text.
---@return boolean whether there was one
function M.accept()
  return require("unsorry.ghost").accept()
end

--- What Unsorry is doing in the current buffer, in a few words; empty where it does not work on it.
---@return string without anything that a status line takes for an item
function M.statusline()
  return require("unsorry.status").line()
end

--- Proves what it can in the files of the argument list, writes them, and ends Neovim.
---
--- The exit status is 0 when every hole was proved, 1 when some are left, and 2 when it could not run.
function M.headless()
  require("unsorry.headless").run()
end

return M
