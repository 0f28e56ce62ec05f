--- What the user hears.
local M = {}

local unsaid = {}

local function say(text, level)
  if not vim.startswith(text, "Unsorry") then
    text = "Unsorry: " .. text
  end
  unsaid[#unsaid + 1] = { text, level }
  -- Said in an autocommand, an error would be taken for one of its own.
  vim.schedule(M.flush)
end

--- Says what is still to be said.
function M.flush()
  local now = unsaid
  unsaid = {}
  for _, message in ipairs(now) do
    vim.notify(message[1], message[2], { title = "Unsorry" })
  end
end

function M.info(text)
  say(text, vim.log.levels.INFO)
end

--- Says what nobody should have to confirm: as much of it as there is room for in one line.
function M.brief(text)
  local room = vim.v.echospace
  if vim.fn.strdisplaywidth(text) > room then
    text = vim.fn.strcharpart(text, 0, room - 1) .. "…"
  end
  M.info(text)
end

function M.warn(text)
  say(text, vim.log.levels.WARN)
end

function M.error(text)
  say(text, vim.log.levels.ERROR)
end

-- The server's levels, 1 to 4.
local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }

local held

--- The handler of what the server has to tell.
function M.show_message(_, params)
  if held and params.type == 3 then
    held[#held + 1] = params.message
  else
    say(params.message, levels[params.type] or vim.log.levels.INFO)
  end
  return vim.NIL
end

--- Keeps what the server tells back until |let_go()|.
---
--- Some commands tell their result for clients that have no better place for it.
function M.hold()
  held = held or {}
end

--- Says what was held back, but for a command's result, which is shown elsewhere.
---@param result string?
function M.let_go(result)
  local mine = held or {}
  held = nil
  for _, text in ipairs(mine) do
    if text ~= result then
      say(text, vim.log.levels.INFO)
    end
  end
end

return M
