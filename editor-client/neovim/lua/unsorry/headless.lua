--- Proving from a script: the files of the argument list, and an exit status.
local compat = require("unsorry.compat")
local server = require("unsorry.server")

local M = {}

local api = vim.api

local ALL_PROVED, SOME_LEFT, COULD_NOT_RUN = 0, 1, 2

-- `vim.wait` wants an end.  The server has one for each hole, and this is longer than any of them.
local FOREVER = 2 ^ 31 - 1

-- How long the server may take to end before Neovim does, in milliseconds.
local END_PATIENCE = 10000

--- Waits for one answer: its result, or what went wrong.
local function answer(client, method, params, buffer)
  local told
  local sent = compat.request(client, method, params, function(err, result)
    told = { err = err, result = result }
  end, buffer)
  if not sent then
    return nil, "the server has ended"
  end
  vim.wait(FOREVER, function()
    return told ~= nil or server.client() ~= client
  end, 50)
  if not told then
    return nil, "the server has ended"
  end
  return told.result, told.err and told.err.message
end

--- Proves one file and writes it: how many holes are left, or nil and what went wrong.
local function prove(client, buffer)
  if not server.is_ours(buffer) then
    return nil, "it is no Lean file and no Isabelle theory, or can't be read"
  end
  local params = { command = "unsorry.proveFile", arguments = { vim.uri_from_bufnr(buffer) } }
  local result, problem = answer(client, "workspace/executeCommand", params, buffer)
  if not result then
    return nil, problem
  end
  if result.proved > 0 and not result.applied then
    return nil, "the proofs could not be put into the text"
  end
  if vim.bo[buffer].modified then
    local ok, why = pcall(vim.cmd, "silent noautocmd write")
    if not ok then
      return nil, (tostring(why):gsub("^Vim%(%a+%):", ""))
    end
  end
  return result.open, ("%d proved, %d open"):format(result.proved, result.open)
end

local function run()
  if not require("unsorry").is_set_up then
    require("unsorry").setup()
  end
  -- A script is told, and begins anew if it wants to.
  server.restarts = false
  local names = vim.fn.argv()
  if #names == 0 then
    io.stderr:write("Unsorry: no file was named: nvim --headless FILE -c 'lua require(\"unsorry\").headless()'\n")
    return COULD_NOT_RUN
  end
  local client
  local status = ALL_PROVED
  for _, name in ipairs(names) do
    local left, told
    if vim.fn.filereadable(name) == 0 then
      told = "there is no such file, or it can't be read"
    else
      vim.cmd("silent edit " .. vim.fn.fnameescape(name))
      local done
      server.when_ready(function(found)
        client, done = found, true
      end)
      vim.wait(FOREVER, function()
        return done
      end, 50)
      if not client then
        -- Why was said when it could not be started.
        return COULD_NOT_RUN
      end
      left, told = prove(client, api.nvim_get_current_buf())
    end
    if left then
      io.stdout:write(("%s: %s\n"):format(name, told))
      status = math.max(status, left > 0 and SOME_LEFT or ALL_PROVED)
    else
      io.stderr:write(("%s: %s\n"):format(name, told))
      status = COULD_NOT_RUN
    end
  end
  return status
end

--- Does it all, and ends Neovim.
function M.run()
  local ok, status = xpcall(run, debug.traceback)
  if not ok then
    io.stderr:write(tostring(status) .. "\n")
    status = COULD_NOT_RUN
  end
  local client = server.client()
  server.stop()
  vim.wait(END_PATIENCE, function()
    return not client or compat.is_stopped(client)
  end, 20)
  require("unsorry.say").flush()
  vim.cmd(("%dcquit!"):format(status))
end

return M
