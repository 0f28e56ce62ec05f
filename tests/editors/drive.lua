-- What a user of Neovim does in a file with holes, step by step; what came of it goes to a file as JSON.
local out = {}

local function finish(why)
  out.failed = why
  local file = assert(io.open(vim.env.UNSORRY_OUT, "w"))
  file:write(vim.fn.json_encode(out))
  file:close()
  vim.cmd("qall!")
end

local function wait_for(what, done)
  if not vim.wait(60000, done, 50) then
    finish("waited in vain for " .. what)
  end
end

local function hints()
  return vim.tbl_filter(function(d)
    return d.source == "unsorry"
  end, vim.diagnostic.get(0))
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n"
end

local ok, problem = pcall(function()
  local count = tonumber(vim.env.UNSORRY_HINTS)
  wait_for("the hints", function()
    return #hints() == count
  end)
  out.hints = vim.tbl_map(function(d)
    return { line = d.lnum, column = d.col, message = d.message, severity = d.severity }
  end, hints())

  -- The first quick fix at the first hint, in the way that the version has for it.
  local first = hints()[1]
  vim.api.nvim_win_set_cursor(0, { first.lnum + 1, first.col })
  vim.ui.select = function(items, options, choose)
    out.offered = vim.tbl_map(options.format_item, items)
    choose(items[1], 1)
  end
  local before = text()
  vim.lsp.buf.code_action({ diagnostics = {}, only = { "quickfix" } })
  wait_for("the edit", function()
    return text() ~= before
  end)
  out.fixed = text()

  -- Saving, when the rest has been proved.
  wait_for("the other hints", function()
    return #hints() == count - 1
  end)
  vim.cmd("write")
  out.saved = text()
end)
finish(not ok and tostring(problem) or nil)
