--- What the versions of Neovim do differently, from 0.7 on.
local M = {}

-- From 0.11 on a client's functions are methods, and calling them otherwise is deprecated.
local has_methods = vim.fn.has("nvim-0.11") == 1

--- The event loop's own functions.
M.uv = vim.uv or vim.loop

--- Starts a language server that no buffer is attached to yet.
---@return integer? the client's number; nil when it could not be started
function M.start_client(config)
  if has_methods then
    return vim.lsp.start(config, {
      attach = false,
      reuse_client = function()
        return false
      end,
    })
  end
  return vim.lsp.start_client(config)
end

--- Sends a request; `handler` gets an error or a result.
---@return integer? the request's number, with which it can be cancelled; nil when it could not be sent
function M.request(client, method, params, handler, buffer)
  local sent, ident
  if has_methods then
    sent, ident = client:request(method, params, handler, buffer)
  else
    sent, ident = client.request(method, params, handler, buffer)
  end
  return sent and ident or nil
end

--- Sends a request and waits for its answer, `timeout` milliseconds at most.
---@return table? with `err` or `result`; nil when there was no answer
function M.request_sync(client, method, params, timeout, buffer)
  if has_methods then
    return (client:request_sync(method, params, timeout, buffer))
  end
  return (client.request_sync(method, params, timeout, buffer))
end

function M.cancel_request(client, ident)
  if has_methods then
    client:cancel_request(ident)
  else
    client.cancel_request(ident)
  end
end

function M.notify(client, method, params)
  if has_methods then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

--- Asks a server to end, or ends it by `force`.
function M.stop(client, force)
  if has_methods then
    client:stop(force)
  else
    client.stop(force)
  end
end

function M.is_stopped(client)
  if has_methods then
    return client:is_stopped()
  end
  return client.is_stopped()
end

--- The byte of a line at an index in units of an encoding; the line's end where there is no such one.
---@param encoding "utf-8"|"utf-16"|"utf-32"
---@return integer
function M.byteindex(line, encoding, index)
  if has_methods then
    return vim.str_byteindex(line, encoding, index, false)
  elseif encoding == "utf-8" then
    return math.min(index, #line)
  end
  local ok, byte = pcall(vim.str_byteindex, line, index, encoding == "utf-16")
  return ok and byte or #line
end

--- The functions that write a health report: start, ok, info, warn, error.
function M.health()
  local health = vim.health or require("health")
  local found = {}
  for _, name in ipairs({ "start", "ok", "info", "warn", "error" }) do
    found[name] = health[name] or health["report_" .. name]
  end
  return found
end

return M
