--- The one server process for all buffers: started, ended, and started again when it ends by itself.
local compat = require("unsorry.compat")
local options = require("unsorry.options")
local say = require("unsorry.say")

local M = {}

local api = vim.api

-- A server that ends so often within so many seconds is not started again by itself.
local DEATHS, DEATHS_SECONDS = 3, 60

-- How long a server may take to end when it is asked to, in milliseconds.
local END_PATIENCE = 3000

---@class unsorry.Running
---@field id integer the client's number
---@field client table? what there is from `initialize` on
---@field folders table<string, true> the folders that the server was told of
---@field waiting fun(client: table?)[] who waits for it to be ready

local running ---@type unsorry.Running?
local buffers = {} ---@type table<integer, true>
local roots = {} ---@type table<string, true>
local deaths = {} ---@type number[]
local complaint ---@type string?

--- Whether it may be started again when it ends by itself.
M.restarts = true

local function complain(text)
  if complaint ~= text then
    complaint = text
    say.error(text)
  end
end

local function folder(root)
  return { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ":t") }
end

--- The nearest folder above a file that has one of the markers in it.
local function root_of(name)
  local place = vim.fn.fnamemodify(name, ":p:h")
  while true do
    for _, marker in ipairs(options.get().root_markers) do
      if compat.uv.fs_stat(place .. "/" .. marker) then
        return place
      end
    end
    local above = vim.fn.fnamemodify(place, ":h")
    if above == place then
      return nil
    end
    place = above
  end
end

local function tell_folders()
  local client = running and running.client
  if not client then
    return
  end
  local added = {}
  for root in pairs(roots) do
    if not running.folders[root] then
      running.folders[root] = true
      added[#added + 1] = folder(root)
    end
  end
  if #added > 0 then
    compat.notify(client, "workspace/didChangeWorkspaceFolders", { event = { added = added, removed = {} } })
  end
end

--- Calls everybody who waits for a server: with its client, or with nil when there will be none.
local function serve(server, client)
  local waiting = server.waiting
  server.waiting = {}
  for _, callback in ipairs(waiting) do
    callback(client)
  end
end

--- What a server has said does not hold when it has ended.
local function forget()
  require("unsorry.progress").clear()
  require("unsorry.status").clear()
  say.let_go()
end

local function capabilities()
  local found = vim.lsp.protocol.make_client_capabilities()
  -- The log opens in a window of its own, in all versions alike (:UnsorryLog).
  found.window.showDocument = { support = false }
  found.experimental = vim.tbl_deep_extend("force", found.experimental or {}, { unsorry = { status = true } })
  return found
end

local start

local function died(server, code, signal)
  forget()
  running = nil
  local ended = signal ~= 0 and ("signal %d"):format(signal) or ("exit code %d"):format(code)
  if not server.client then
    complain(
      ("`%s` ended with %s before it was ready. "):format(table.concat(options.get().cmd, " "), ended)
        .. "Run `unsorry doctor` in a terminal to see what is wrong, then :UnsorryRestart."
    )
    serve(server, nil)
    return
  end
  serve(server, nil)
  if not M.restarts then
    return
  end
  local now = compat.uv.now() / 1000
  deaths = vim.tbl_filter(function(at)
    return now - at < DEATHS_SECONDS
  end, deaths)
  deaths[#deaths + 1] = now
  if #deaths >= DEATHS then
    complain(
      ("the server ended %d times within a minute (now with %s) and was not started again. "):format(#deaths, ended)
        .. ":UnsorryLog shows what it wrote, and :UnsorryRestart starts it."
    )
  elseif start() then
    say.warn(("the server ended (%s) and was started again."):format(ended))
  end
end

--- Starts it, with all buffers; false when that can't be done, of which the user was told.
start = function()
  local cmd = options.get().cmd
  if vim.fn.executable(cmd[1]) == 0 then
    complain(
      ("the server can't be started: there is no program `%s`. Install Unsorry, or say where it is: "):format(cmd[1])
        .. 'require("unsorry").setup({ cmd = { "/path/to/unsorry", "lsp" } }). Then :UnsorryRestart.'
    )
    return false
  end
  local server = { client = nil, folders = {}, waiting = {} }
  local folders = {}
  for root in pairs(roots) do
    server.folders[root] = true
    folders[#folders + 1] = folder(root)
  end
  local given = options.get().settings
  -- A table that is empty would go out as a list.
  local settings = { unsorry = next(given) and given or vim.empty_dict() }
  server.id = compat.start_client({
    name = "unsorry",
    cmd = cmd,
    settings = settings,
    init_options = settings,
    workspace_folders = #folders > 0 and folders or nil,
    capabilities = capabilities(),
    handlers = {
      ["$/progress"] = require("unsorry.progress").handle,
      ["window/showMessage"] = say.show_message,
      ["unsorry/status"] = function(...)
        require("unsorry.status").handle(...)
      end,
    },
    on_init = function(client)
      server.client = client
      complaint = nil
      -- Only then have the buffers been opened that were attached before.
      vim.schedule(function()
        if running == server then
          tell_folders()
          serve(server, client)
        end
      end)
    end,
    on_attach = function(client, buffer)
      require("unsorry.buffers").attached(client, buffer)
    end,
    on_exit = vim.schedule_wrap(function(code, signal)
      if running == server and vim.v.exiting == vim.NIL then
        died(server, code, signal)
      end
    end),
  })
  if not server.id then
    complain(("`%s` can't be started; :checkhealth unsorry may tell why."):format(table.concat(cmd, " ")))
    return false
  end
  running = server
  for buffer in pairs(buffers) do
    if api.nvim_buf_is_loaded(buffer) then
      vim.lsp.buf_attach_client(buffer, server.id)
    else
      buffers[buffer] = nil
    end
  end
  return true
end

--- Has the server work on a buffer, and starts it when there is none.
---@param buffer integer
function M.attach(buffer)
  local root = root_of(api.nvim_buf_get_name(buffer))
  if root then
    roots[root] = true
  end
  buffers[buffer] = true
  if running then
    tell_folders()
    vim.lsp.buf_attach_client(buffer, running.id)
  -- One that was given up is started when the user says so.
  elseif not complaint then
    start()
  end
end

--- Is this one of the buffers that the server works on, or would if it ran?
---@param buffer integer
---@return boolean
function M.is_ours(buffer)
  return buffers[buffer] == true
end

--- The client that can be asked; nil when there is none, or not yet.
---@return table?
function M.client()
  local client = running and running.client
  return client and not compat.is_stopped(client) and client or nil
end

--- Is it being started?
---@return boolean
function M.is_starting()
  return running ~= nil and running.client == nil
end

--- Why there is no server, when there should be one.
---@return string?
function M.trouble()
  return not running and complaint or nil
end

--- Calls back when the server can be asked: with its client, or with nil when there is none.
---@param callback fun(client: table?)
function M.when_ready(callback)
  if M.client() then
    callback(M.client())
  elseif running or start() then
    table.insert(running.waiting, callback)
  else
    callback(nil)
  end
end

--- Ends it, if it runs.
function M.stop()
  local server = running
  running = nil
  if not server then
    return
  end
  forget()
  serve(server, nil)
  local client = server.client or vim.lsp.get_client_by_id(server.id)
  if not client then
    return
  end
  compat.stop(client)
  vim.defer_fn(function()
    if not compat.is_stopped(client) then
      compat.stop(client, true)
    end
  end, END_PATIENCE)
end

--- Ends it and starts it afresh, with all buffers.
---@return boolean whether it could be started
function M.restart()
  M.stop()
  complaint, deaths = nil, {}
  return start()
end

return M
