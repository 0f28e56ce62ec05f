--- Which buffers are worked on, and what each of them gets.
local options = require("unsorry.options")
local server = require("unsorry.server")

local M = {}

local api = vim.api
local group

local function filetype_by_ending(name)
  return options.get().extensions[name:match("%.([^./\\]+)$") or ""]
end

local function is_file(buffer)
  return vim.bo[buffer].buftype == "" and api.nvim_buf_get_name(buffer) ~= ""
end

local function look(buffer)
  if not api.nvim_buf_is_loaded(buffer) or not is_file(buffer) then
    return
  end
  local ending = filetype_by_ending(api.nvim_buf_get_name(buffer))
  if ending or vim.tbl_contains(options.get().filetypes, vim.bo[buffer].filetype) then
    server.attach(buffer)
  end
end

--- Attaches the server to all buffers that are ours, from now on.
function M.watch()
  group = api.nvim_create_augroup("unsorry", { clear = true })
  api.nvim_create_autocmd({ "BufRead", "BufNewFile", "BufFilePost", "FileType" }, {
    group = group,
    desc = "Unsorry works on Lean files and Isabelle theories",
    callback = function(event)
      local ending = filetype_by_ending(api.nvim_buf_get_name(event.buf))
      if ending and event.event ~= "FileType" and is_file(event.buf) then
        -- Not where somebody else has said what it is.
        vim.cmd("setfiletype " .. ending)
      end
      look(event.buf)
    end,
  })
  if options.get().prove_on_save then
    api.nvim_create_autocmd("BufWritePre", {
      group = group,
      desc = "Unsorry fills the holes that can be proved",
      callback = function(event)
        if server.is_ours(event.buf) then
          require("unsorry.saving").prove(event.buf)
        end
      end,
    })
  end
  if options.get().ghost_text then
    require("unsorry.ghost").watch(group)
  end
  for _, buffer in ipairs(api.nvim_list_bufs()) do
    look(buffer)
  end
end

--- The server was attached to a buffer.
function M.attached(client, buffer)
  -- Newer versions have said so already.
  if vim.bo[buffer].omnifunc == "" then
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
  if options.get().hints then
    -- Newer versions show no diagnostic's text by themselves.  This is for the server's own hints only.
    vim.diagnostic.config({ virtual_text = true }, vim.lsp.diagnostic.get_namespace(client.id))
  end
  if options.get().ghost_text then
    require("unsorry.ghost").attached(client, buffer)
  end
end

return M
