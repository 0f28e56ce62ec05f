--- The commands that a user types.
local compat = require("unsorry.compat")
local progress = require("unsorry.progress")
local say = require("unsorry.say")
local server = require("unsorry.server")

local M = {}

local api = vim.api

-- The protocol's code for a request that was cancelled.
local CANCELLED = -32800

--- Has the server execute a command once it is ready; `done` gets the result, or nil.
local function execute(command, arguments, done)
  local window, buffer = api.nvim_get_current_win(), api.nvim_get_current_buf()
  server.when_ready(function(client)
    if not client then
      say.warn("the server is not running; :UnsorryRestart starts it.")
      done(nil)
      return
    end
    if not api.nvim_win_is_valid(window) or api.nvim_win_get_buf(window) ~= buffer then
      say.warn("nothing was done: the window shows something else by now.")
      done(nil)
      return
    end
    local params = { command = command, arguments = arguments(client, window) }
    compat.request(client, "workspace/executeCommand", params, function(err, result)
      -- Older versions keep such an answer to themselves, so it is said where it is asked for.
      if err and err.code ~= CANCELLED then
        say.error(err.message)
      end
      done(not err and result or nil)
    end, buffer)
  end)
end

--- Runs `action` in a buffer that is worked on, and says why not elsewhere.
local function here(action)
  return function()
    if server.is_ours(api.nvim_get_current_buf()) then
      action()
    else
      say.error("this buffer is no Lean file and no Isabelle theory (`filetypes` and `extensions` say what is one).")
    end
  end
end

local function at_cursor(client, window)
  local place = vim.lsp.util.make_position_params(window, client.offset_encoding)
  return { place.textDocument.uri, place.position }
end

local function of_buffer(_, window)
  return { vim.uri_from_bufnr(api.nvim_win_get_buf(window)) }
end

local function nothing()
  return {}
end

local function told_by_server() end

local function told_in_numbers(result)
  if result then
    local text = ("%d proved, %d open"):format(result.proved, result.open)
    if result.proved > 0 and not result.applied then
      text = text .. "; the editor did not take the edit"
    end
    say.info(text .. ".")
  end
end

local function show_goal()
  say.hold()
  execute("unsorry.showGoal", at_cursor, function(result)
    local text = result and #result.goals > 0 and table.concat(result.goals, "\n\n") or nil
    say.let_go(text)
    if text then
      local lines = vim.split(text, "\n", { plain = true })
      local kind = vim.bo.filetype
      local float = vim.lsp.util.open_floating_preview(lines, "", { focus_id = "unsorry-goal" })
      -- Its colours, without starting what works on files of this kind.
      vim.bo[float].syntax = kind
    end
  end)
end

local function show_log()
  if not server.client() then
    say.warn(("the server is not running; what it wrote before is in %s"):format(vim.lsp.get_log_path()))
    return
  end
  say.hold()
  execute("unsorry.showLog", nothing, function(result)
    local log = result and result.log ~= vim.NIL and result.log or nil
    say.let_go(log and ("Unsorry's log: %s"):format(log))
    if log then
      vim.cmd("sview " .. vim.fn.fnameescape(log))
      vim.cmd("normal! G")
    end
  end)
end

local function show_status()
  if server.trouble() then
    say.error(server.trouble())
    return
  end
  execute("unsorry.status", nothing, function(result)
    if result then
      say.info(table.concat(require("unsorry.status").lines(result), "\n"))
    end
  end)
end

local function cancel(given)
  local client = server.client()
  if not client then
    say.info("the server is not running, so there is nothing to cancel.")
  elseif given.bang then
    execute("unsorry.cancelAll", nothing, function(result)
      say.let_go()
      if result then
        say.info("all searches were ended.")
      end
    end)
  elseif progress.cancel(client) > 0 then
    say.info("cancelled.")
  else
    say.info("no command is running; :UnsorryCancel! ends the searches in the background too.")
  end
end

local function restart()
  if server.restart() then
    say.info("the server is started afresh.")
  end
end

local function restart_prover()
  execute("unsorry.restartProver", of_buffer, function(result)
    if result then
      say.info("the prover is started afresh.")
    end
  end)
end

-- Each command, what it does, and what it says of itself.
local commands = {
  UnsorryProve = {
    here(function()
      execute("unsorry.proveHere", at_cursor, told_by_server)
    end),
    "Search a proof of the hole at the cursor and insert it",
  },
  UnsorryDeeper = {
    here(function()
      execute("unsorry.searchDeeper", at_cursor, told_by_server)
    end),
    "Search a proof of the hole at the cursor for longer and insert it",
  },
  UnsorryProveFile = {
    here(function()
      execute("unsorry.proveFile", of_buffer, told_in_numbers)
    end),
    "Prove all holes of this file",
  },
  UnsorryProveWorkspace = {
    function()
      execute("unsorry.proveWorkspace", nothing, told_in_numbers)
    end,
    "Prove all holes of all files in the projects of the open files",
  },
  UnsorryGoal = { here(show_goal), "Show the goal at the cursor" },
  UnsorryLog = { show_log, "Open the server's log" },
  UnsorryStatus = { show_status, "Say what Unsorry is doing" },
  UnsorryCancel = { cancel, "End the commands that are running; with ! all searches", bang = true },
  UnsorryRestart = { restart, "Start the server afresh" },
  UnsorryRestartProver = { here(restart_prover), "Start the prover of this file afresh" },
}

--- Defines them.
function M.define()
  for name, command in pairs(commands) do
    api.nvim_create_user_command(name, command[1], { desc = command[2], bang = command.bang })
  end
end

return M
