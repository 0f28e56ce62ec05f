--- The proof that was found, as grey text at the cursor, and a key that inserts it.
---
--- From 0.12 on the editor has inline completion of its own, which is used.  Before, the same is done here with a mark
--- in the buffer that has virtual text.
local compat = require("unsorry.compat")
local options = require("unsorry.options")
local server = require("unsorry.server")

local M = {}

local api = vim.api

-- How long the cursor must rest before a proof is asked for, in milliseconds.
local REST = 80

-- How long the server may take to say that a proof which it has found still holds, in milliseconds.
local PATIENCE = 1000

-- The protocol's word for a completion that nobody asked for.
local AUTOMATIC = 2

local namespace = api.nvim_create_namespace("unsorry-ghost")
local native = vim.lsp.inline_completion

---@class unsorry.Ghost
---@field buffer integer
---@field tick integer the buffer's state that the text was certified for
---@field item table as the protocol has it
---@field encoding string

local shown ---@type unsorry.Ghost?
local asking ---@type { client: table, ident: integer }?
local turn = 0

local function clear()
  turn = turn + 1
  if asking then
    compat.cancel_request(asking.client, asking.ident)
    asking = nil
  end
  if shown then
    if api.nvim_buf_is_valid(shown.buffer) then
      api.nvim_buf_clear_namespace(shown.buffer, namespace, 0, -1)
    end
    shown = nil
  end
end

--- A position of the protocol's as a line and a byte of it.
local function byte_of(buffer, position, encoding)
  local line = api.nvim_buf_get_lines(buffer, position.line, position.line + 1, false)[1] or ""
  return line, compat.byteindex(line, encoding, position.character)
end

local function draw(ghost)
  local range = ghost.item.range
  local line, start = byte_of(ghost.buffer, range.start, ghost.encoding)
  local _, stop = byte_of(ghost.buffer, range["end"], ghost.encoding)
  local lines = vim.split(ghost.item.insertText, "\n", { plain = true })
  local mark = { hl_mode = "combine" }
  if range.start.line == range["end"].line and line:sub(stop + 1):match("^%s*$") then
    -- Over what it replaces, the whole of it.
    local hidden = vim.fn.strdisplaywidth(line:sub(start + 1, stop))
    local text = lines[1] .. (" "):rep(hidden - vim.fn.strdisplaywidth(lines[1]))
    mark.virt_text, mark.virt_text_pos = { { text, "UnsorryGhost" } }, "overlay"
  else
    -- What stands behind it must stay readable.
    mark.virt_text, mark.virt_text_pos = { { "⇐ " .. lines[1], "UnsorryGhost" } }, "eol"
  end
  if #lines > 1 then
    mark.virt_lines = {}
    for number = 2, #lines do
      mark.virt_lines[number - 1] = { { lines[number], "UnsorryGhost" } }
    end
  end
  api.nvim_buf_set_extmark(ghost.buffer, namespace, range.start.line, start, mark)
end

--- What is asked for at the cursor.
local function params_here(client)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = AUTOMATIC }
  return params
end

local function items_of(result)
  return result and (result.items or result) or {}
end

local function ask(buffer)
  local client = server.client()
  if not client then
    return
  end
  local tick, cursor = api.nvim_buf_get_changedtick(buffer), api.nvim_win_get_cursor(0)
  local mine = turn
  local ident = compat.request(client, "textDocument/inlineCompletion", params_here(client), function(_, result)
    if mine ~= turn then
      return
    end
    asking = nil
    local item = items_of(result)[1]
    local same = tick == api.nvim_buf_get_changedtick(buffer)
      and buffer == api.nvim_get_current_buf()
      and vim.deep_equal(cursor, api.nvim_win_get_cursor(0))
    if item and same and api.nvim_get_mode().mode:sub(1, 1) == "i" then
      shown = { buffer = buffer, tick = tick, item = item, encoding = client.offset_encoding }
      draw(shown)
    end
  end, buffer)
  asking = ident and { client = client, ident = ident }
end

local function moved(event)
  clear()
  if not server.is_ours(event.buf) then
    return
  end
  local mine = turn
  vim.defer_fn(function()
    if mine == turn and event.buf == api.nvim_get_current_buf() then
      ask(event.buf)
    end
  end, REST)
end

--- Shows proofs in insert mode.
---@param group integer the autocommands' group
function M.watch(group)
  if native then
    return
  end
  api.nvim_set_hl(0, "UnsorryGhost", { default = true, link = "Comment" })
  api.nvim_create_autocmd({ "InsertEnter", "CursorMovedI", "TextChangedI" }, {
    group = group,
    desc = "Unsorry shows the proof that was found at the cursor",
    callback = moved,
  })
  api.nvim_create_autocmd({ "InsertLeave", "BufLeave" }, {
    group = group,
    desc = "Unsorry shows no proof where nothing is typed",
    callback = clear,
  })
end

--- A buffer is worked on: proofs are shown in it, and the key inserts them.
---@param client table
---@param buffer integer
function M.attached(client, buffer)
  -- For this server alone, where the version can tell them apart.
  if native and not pcall(native.enable, true, { bufnr = buffer, client_id = client.id }) then
    native.enable(true, { bufnr = buffer })
  end
  local key = options.get().accept_key
  if key then
    vim.keymap.set("i", key, function()
      if not M.accept() then
        api.nvim_feedkeys(api.nvim_replace_termcodes(key, true, false, true), "n", false)
      end
    end, { buffer = buffer, desc = "Insert the proof that is shown" })
  end
end

--- Puts an item's text into the place of its range, with the cursor behind it.
local function insert(buffer, item, encoding)
  -- What was typed before and the proof are undone one after the other.
  vim.cmd("let &undolevels = &undolevels")
  local start = item.range.start
  local _, byte = byte_of(buffer, start, encoding)
  vim.lsp.util.apply_text_edits({ { range = item.range, newText = item.insertText } }, buffer, encoding)
  local lines = vim.split(item.insertText, "\n", { plain = true })
  local column = (#lines == 1 and byte or 0) + #lines[#lines]
  api.nvim_win_set_cursor(0, { start.line + #lines, column })
end

--- Inserts what the editor itself shows, if the server says that it holds in the text as it is by now.
---
--- The editor goes on showing what was found for the text before the last keystrokes until there is something newer.
local function insert_native(given)
  local client, buffer = server.client(), api.nvim_get_current_buf()
  if not client or given.client_id ~= client.id then
    return
  end
  local answer = compat.request_sync(client, "textDocument/inlineCompletion", params_here(client), PATIENCE, buffer)
  for _, item in ipairs(items_of(answer and answer.result)) do
    if item.insertText == given.insert_text then
      insert(buffer, item, client.offset_encoding)
      return
    end
  end
end

--- Inserts exactly the text that is shown, if the buffer is still what it was certified for.
---@return boolean whether there was one
function M.accept()
  if native then
    return native.get({ on_accept = insert_native }) == true
  end
  local ghost = shown
  if
    not ghost
    or ghost.buffer ~= api.nvim_get_current_buf()
    or ghost.tick ~= api.nvim_buf_get_changedtick(ghost.buffer)
  then
    return false
  end
  clear()
  insert(ghost.buffer, ghost.item, ghost.encoding)
  return true
end

return M
