--- :checkhealth unsorry
local compat = require("unsorry.compat")
local options = require("unsorry.options")
local server = require("unsorry.server")

local M = {}

-- How long a running server may take to tell its status, in milliseconds.
local PATIENCE = 5000

--- Where the program is, and which version.
local function program(health)
  local cmd = options.get().cmd
  local path = vim.fn.exepath(cmd[1])
  if path == "" then
    health.error(("there is no program `%s`"):format(cmd[1]), {
      "Install Unsorry, as its README says: it is a Python package.",
      'Or say where it is: require("unsorry").setup({ cmd = { "/path/to/unsorry", "lsp" } }).',
    })
    return
  end
  -- What stands before the word `lsp` is the program, whichever way it is started.
  local words = {}
  for _, word in ipairs(cmd) do
    if word == "lsp" then
      break
    end
    words[#words + 1] = word
  end
  words[#words + 1] = "--version"
  local told = vim.fn.system(words)
  if vim.v.shell_error == 0 then
    health.ok(("%s: %s"):format(path, vim.trim(told)))
  else
    health.error(("`%s` fails: %s"):format(table.concat(words, " "), vim.trim(told)), {
      "Run it in a terminal to see why, or install Unsorry again.",
    })
  end
end

local function process(health)
  if server.trouble() then
    health.error(server.trouble())
    return
  end
  local client = server.client()
  if not client then
    health.info("the server is not running; it starts with the first Lean file or Isabelle theory")
    return
  end
  local params = { command = "unsorry.status", arguments = {} }
  local answer = compat.request_sync(client, "workspace/executeCommand", params, PATIENCE, 0)
  if not answer or answer.err then
    health.error("the server runs and does not answer", { ":UnsorryRestart starts it afresh." })
    return
  end
  health.ok("the server runs and answers")
  for _, line in ipairs(require("unsorry.status").lines(answer.result)) do
    local report = vim.startswith(line, "Trouble") and health.warn or health.info
    report(line)
  end
end

--- Writes the report.
function M.check()
  local health = compat.health()
  health.start("Unsorry")
  if not require("unsorry").is_set_up then
    health.warn("it is not set up", { 'Put require("unsorry").setup() into your init.lua.' })
  end
  program(health)
  process(health)
  if vim.lsp.inline_completion then
    health.info("ghost text is the editor's own inline completion")
  else
    health.info("ghost text is virtual text: inline completion came with Neovim 0.12")
  end
  health.info("run `unsorry doctor` in a terminal to see which Lean and which Isabelle are used")
end

return M
