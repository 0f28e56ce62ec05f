--- What the server says about work that takes long, and how the user ends it.
local compat = require("unsorry.compat")
local say = require("unsorry.say")

local M = {}

-- How long something may go on before it is said aloud, in milliseconds.
local ALOUD_AFTER = 2000

---@class unsorry.Progress
---@field title string
---@field message string?
---@field cancellable boolean
---@field aloud boolean? whether the user was told

local shown = {} ---@type table<string|integer, unsorry.Progress>
local order = {} ---@type (string|integer)[]

local function redraw()
  vim.cmd("redrawstatus")
end

local function words(progress)
  local message = progress.message
  return message and message ~= "" and ("%s: %s"):format(progress.title, message) or progress.title
end

--- Says what goes on if it still does in a while: not everybody has a status line that does.
---
--- What can be cancelled is a command of the user's, which says itself what came of it.
local function say_if_long(token)
  local progress = shown[token]
  vim.defer_fn(function()
    if shown[token] == progress and not progress.cancellable then
      progress.aloud = true
      say.brief(words(progress))
    end
  end, ALOUD_AFTER)
end

--- The handler of what is told of progress.
function M.handle(err, params, context, config)
  local value = params.value
  if value.kind == "begin" then
    shown[params.token] = { title = value.title, message = value.message, cancellable = value.cancellable == true }
    order[#order + 1] = params.token
    say_if_long(params.token)
  elseif value.kind == "report" and shown[params.token] then
    shown[params.token].message = value.message or shown[params.token].message
  elseif value.kind == "end" then
    local ended = shown[params.token]
    if ended and ended.aloud then
      say.brief(ended.title .. ": done")
    end
    shown[params.token] = nil
    order = vim.tbl_filter(function(token)
      return token ~= params.token
    end, order)
  end
  redraw()
  -- Other plugins show progress too, by what the editor knows of it.
  local default = vim.lsp.handlers["$/progress"]
  if default then
    return default(err, params, context, config)
  end
end

--- What the newest work is about, in a few words; nil when there is none.
---@return string?
function M.line()
  local newest = shown[order[#order]]
  return newest and words(newest)
end

--- Asks the server to end all work that the user is shown.
---@param client table
---@return integer how many there were
function M.cancel(client)
  local count = 0
  for token, progress in pairs(shown) do
    if progress.cancellable then
      compat.notify(client, "window/workDoneProgress/cancel", { token = token })
      count = count + 1
    end
  end
  return count
end

--- Forgets all of it: the server has ended.
function M.clear()
  shown, order = {}, {}
  redraw()
end

return M
