--- Holes are filled before a file is written, where the user wants that.
local compat = require("unsorry.compat")
local options = require("unsorry.options")
local say = require("unsorry.say")
local server = require("unsorry.server")

local M = {}

local KIND = "source.fixAll.unsorry"

--- Puts what is proved by the end of the server's budget for a save into a buffer.
---
--- The editor waits meanwhile, `save_timeout` milliseconds at most; then the file is written as it is.
---@param buffer integer
function M.prove(buffer)
  local client = server.client()
  if not client then
    return
  end
  local deadline = compat.uv.hrtime() + options.get().save_timeout * 1e6
  local function ask(method, params)
    local left = math.max(1, math.floor((deadline - compat.uv.hrtime()) / 1e6))
    local answer = compat.request_sync(client, method, params, left, buffer)
    if not answer then
      say.warn("the proofs were not there in time, and the file is saved as it is.")
    elseif answer.err then
      say.warn(("the file is saved as it is: %s"):format(answer.err.message))
    end
    return answer and answer.result
  end
  local last = vim.api.nvim_buf_line_count(buffer)
  local actions = ask("textDocument/codeAction", {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = { start = { line = 0, character = 0 }, ["end"] = { line = last, character = 0 } },
    context = { diagnostics = {}, only = { KIND } },
  })
  for _, action in ipairs(actions or {}) do
    local whole = action.edit and action or ask("codeAction/resolve", action)
    if whole and whole.edit then
      vim.lsp.util.apply_workspace_edit(whole.edit, client.offset_encoding)
    end
  end
end

return M
