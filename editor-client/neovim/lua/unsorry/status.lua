--- What the server is doing, for a status line and for the user who asks.
local compat = require("unsorry.compat")
local progress = require("unsorry.progress")
local server = require("unsorry.server")

local M = {}

local api = vim.api

-- How long an answer counts as new, in milliseconds.
local FRESH = 1000

local known = {} ---@type table<string, table> what was last told of each document
local asked = -math.huge
local pending = false

local function count(holes, stages)
  local number = 0
  for stage, of_it in pairs(holes) do
    if not stages or stages[stage] then
      number = number + of_it
    end
  end
  return number
end

local busy = { changed = true, preparing = true, reading = true, searching = true }

local function words(text)
  if text.failure and text.failure ~= vim.NIL then
    return "not searched"
  end
  local all = count(text.holes)
  if busy[text.phase] and not text.read then
    return "reading"
  elseif all == 0 then
    return "no holes"
  end
  local told = ("%d of %d proved"):format(count(text.holes, { proved = true }), all)
  return busy[text.phase] and told .. ", searching" or told
end

local function take(answer)
  local before = known
  known = {}
  local working = false
  for _, text in ipairs(answer.texts) do
    known[text.uri] = text
    working = working or busy[text.phase] or false
  end
  if not vim.deep_equal(before, known) then
    vim.cmd("redrawstatus")
  end
  if working then
    -- Drawing it is what asks again.
    vim.defer_fn(function()
      vim.cmd("redrawstatus")
    end, FRESH)
  end
end

local function ask(client)
  if pending or compat.uv.now() - asked < FRESH then
    return
  end
  asked, pending = compat.uv.now(), true
  local params = { command = "unsorry.status", arguments = {} }
  local sent = compat.request(client, "workspace/executeCommand", params, function(_, answer)
    pending = false
    if answer then
      take(answer)
    end
  end)
  pending = sent ~= nil
end

--- What is done in the current buffer, in a few words.
---@return string
function M.line()
  local buffer = api.nvim_get_current_buf()
  if not server.is_ours(buffer) then
    return ""
  end
  local client = server.client()
  local told
  if not client then
    pending = false
    told = server.is_starting() and "starting" or "not running"
  else
    ask(client)
    local text = known[vim.uri_from_bufnr(buffer)]
    told = progress.line() or (text and words(text)) or "starting"
  end
  told = vim.startswith(told, "Unsorry") and told or "Unsorry: " .. told
  -- A goal may hold one, and here it would begin an item.
  return (told:gsub("%%", "%%%%"))
end

--- The server's own status as lines to read.
---@param answer table what `unsorry.status` gave
---@return string[]
function M.lines(answer)
  local lines = {}
  for _, lane in ipairs(answer.lanes) do
    local name = ("%s %s (%s)"):format(lane.prover, lane.version, lane.origin)
    lines[#lines + 1] = ("%s: %s"):format(name, lane.busy and "working" or "idle")
  end
  for _, text in ipairs(answer.texts) do
    lines[#lines + 1] = ("%s: %s"):format(vim.fn.fnamemodify(vim.uri_to_fname(text.uri), ":~:."), words(text))
    if text.failure and text.failure ~= vim.NIL then
      lines[#lines + 1] = "  " .. text.failure
    end
  end
  for _, trouble in ipairs(answer.troubles) do
    lines[#lines + 1] = "Trouble: " .. trouble
  end
  return #lines > 0 and lines or { "no file is open that Unsorry works on" }
end

return M
