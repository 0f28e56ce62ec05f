--- What the server is doing, as it tells it, for a status line and for the user who asks.
local progress = require("unsorry.progress")
local server = require("unsorry.server")

local M = {}

local api = vim.api

local known = {} ---@type table<string, table> what was last told of each document

--- A value that the server may have left out.
local function given(value)
  return value ~= vim.NIL and value or nil
end

local settled = { idle = true, failed = true }

local function words(text)
  if given(text.failure) then
    return "not searched"
  elseif not settled[text.phase] and not text.read then
    return "reading"
  elseif text.counts.total == 0 then
    return "no holes"
  end
  local told = ("%d of %d proved"):format(text.counts.proved, text.counts.total)
  return settled[text.phase] and told or told .. ", searching"
end

--- The handler of the server's status.
function M.handle(_, params)
  known = {}
  for _, text in ipairs(params.texts) do
    known[text.uri] = text
  end
  vim.cmd("redrawstatus")
end

--- Forgets it: the server has ended.
function M.clear()
  known = {}
end

--- What is done in the current buffer, in a few words.
---@return string
function M.line()
  local buffer = api.nvim_get_current_buf()
  if not server.is_ours(buffer) then
    return ""
  end
  local told
  if server.client() then
    local text = known[vim.uri_from_bufnr(buffer)]
    told = progress.line() or (text and words(text)) or "starting"
  else
    told = server.is_starting() and "starting" or "not running"
  end
  told = vim.startswith(told, "Unsorry") and told or "Unsorry: " .. told
  -- A goal may hold one, and here it would begin an item.
  return (told:gsub("%%", "%%%%"))
end

--- The server's status as lines to read.
---@param answer table what `unsorry.status` gave
---@return string[]
function M.lines(answer)
  local lines = {}
  for _, project in ipairs(answer.projects) do
    local prover = project.prover
    local line = ("%s %s (%s), %s"):format(
      prover.name,
      prover.version,
      prover.origin,
      project.working and "working" or "idle"
    )
    lines[#lines + 1] = given(project.model) and ("%s, with the model %s"):format(line, project.model) or line
  end
  for _, text in ipairs(answer.texts) do
    lines[#lines + 1] = ("%s: %s"):format(vim.fn.fnamemodify(vim.uri_to_fname(text.uri), ":~:."), words(text))
    if given(text.failure) then
      lines[#lines + 1] = "  " .. text.failure
    end
  end
  for _, trouble in ipairs(answer.troubles) do
    lines[#lines + 1] = "Trouble: " .. trouble
  end
  return #lines > 0 and lines or { "no file is open that Unsorry works on" }
end

return M
