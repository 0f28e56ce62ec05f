--- The user's options, checked.
local M = {}

local defaults = {
  cmd = { "unsorry", "lsp" },
  filetypes = { "lean", "lean4", "isabelle" },
  extensions = { lean = "lean", thy = "isabelle" },
  root_markers = { "lean-toolchain", "lakefile.toml", "lakefile.lean", "ROOT", "unsorry.toml" },
  settings = {},
  prove_on_save = false,
  save_timeout = 3000,
  hints = true,
  ghost_text = true,
  accept_key = "<M-l>",
}

local function is_list_of_strings(value)
  if type(value) ~= "table" or next(value) == nil then
    return false
  end
  for key, item in pairs(value) do
    if type(key) ~= "number" or type(item) ~= "string" or item == "" then
      return false
    end
  end
  return true
end

local function is_boolean(value)
  return type(value) == "boolean"
end

-- What each option may be: a check, and how it is put into words.
local kinds = {
  cmd = { is_list_of_strings, 'a list of words, such as { "unsorry", "lsp" }' },
  filetypes = { is_list_of_strings, 'a list of filetypes, such as { "lean", "isabelle" }' },
  extensions = {
    function(value)
      if type(value) ~= "table" then
        return false
      end
      for key, item in pairs(value) do
        if type(key) ~= "string" or type(item) ~= "string" then
          return false
        end
      end
      return true
    end,
    'a table from endings to filetypes, such as { thy = "isabelle" }',
  },
  root_markers = { is_list_of_strings, 'a list of file names, such as { "lakefile.toml" }' },
  settings = {
    function(value)
      return type(value) == "table" and value[1] == nil
    end,
    "a table of the server's settings, such as { prove = { budget = 20 } }",
  },
  prove_on_save = { is_boolean, "true or false" },
  save_timeout = {
    function(value)
      return type(value) == "number" and value > 0
    end,
    "a number of milliseconds above 0",
  },
  hints = { is_boolean, "true or false" },
  ghost_text = { is_boolean, "true or false" },
  accept_key = {
    function(value)
      return value == false or (type(value) == "string" and value ~= "")
    end,
    'a key, such as "<M-l>", or false',
  },
}

local current = vim.deepcopy(defaults)

--- Makes `given` the options that hold, over the defaults.
---
--- Raises an error that names the option when one is unknown or not what it must be; then nothing has changed.
---@param given table?
function M.set(given)
  given = given == nil and {} or given
  if type(given) ~= "table" then
    error(("unsorry: setup takes a table of options, not a %s"):format(type(given)), 0)
  end
  for name, value in pairs(given) do
    local kind = kinds[name]
    if not kind then
      local known = vim.tbl_keys(kinds)
      table.sort(known)
      error(("unsorry: there is no option `%s`; there are %s"):format(name, table.concat(known, ", ")), 0)
    end
    if not kind[1](value) then
      error(("unsorry: the option `%s` must be %s"):format(name, kind[2]), 0)
    end
  end
  local options = vim.deepcopy(defaults)
  for name, value in pairs(given) do
    options[name] = vim.deepcopy(value)
  end
  current = options
end

--- The options that hold.
---@return table
function M.get()
  return current
end

return M
