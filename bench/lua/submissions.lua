-- Requests whose questions are answered, sent: GET the page of answers, then POST the form that it holds.
-- The argument is a file with a line a session: csrf token, tab, cookie; each is sent once. The path is wrk's own.
-- wrk does not tell which connection an answer came on: the form's csrf token names the session.
-- Ends with one line of JSON for bench.wrk: seconds from the first GET to the last receipt.

local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long us; } mulhaqa_time; int gettimeofday(mulhaqa_time *, void *);")

local instant = ffi.new("mulhaqa_time")
local function now()
  ffi.C.gettimeofday(instant, nil)
  return tonumber(instant.s) + tonumber(instant.us) / 1e6
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

local cookies, gets, forms, next_get = {}, {}, {}, 0
local began, ended
count, seconds, refused = 0, 0, 0 -- global: done() reads them

function init(args)
  for line in io.lines(args[1]) do
    local csrf, cookie = line:match("^([^\t]*)\t(.*)$")
    cookies[csrf] = cookie
    gets[#gets + 1] = wrk.format("GET", wrk.path, { ["Cookie"] = cookie })
  end
end

function request()
  began = began or now()
  local form = table.remove(forms)
  if form then return form end
  next_get = next_get + 1
  return gets[next_get] or wrk.format("GET", "/health") -- the last receipts are still on their way
end

local function field(body, name)
  return body:match('name="' .. name .. '" value="([^"]+)"')
end

function response(status, headers, body)
  if status == 303 then
    if headers["Location"]:find("/kiosk/receipt/", 1, true) then
      count, ended = count + 1, now()
      seconds = ended - began
    else
      refused = refused + 1
    end
    if count + refused == #gets then wrk.thread:stop() end
  elseif status == 200 then
    local csrf, command = field(body, "csrf"), field(body, "command")
    if command then
      forms[#forms + 1] = wrk.format("POST", wrk.path, {
        ["Cookie"] = cookies[csrf], ["Content-Type"] = "application/x-www-form-urlencoded",
      }, "csrf=" .. csrf .. "&command=" .. command)
    end
  else
    refused = refused + 1
  end
end

function done(summary, latency, requests)
  local errors, thread = summary.errors, threads[1]
  io.write(string.format(
    '{"count": %d, "seconds": %.6f, "refused": %d, "broken": %d}\n',
    thread:get("count"), thread:get("seconds"), thread:get("refused"),
    errors.connect + errors.read + errors.write + errors.timeout))
end
