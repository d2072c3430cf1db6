-- GETs in turn. The argument is a file with a line a page: path, tab, cookie.
-- Ends with one line of JSON for bench.wrk.

local pages, next_page = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local path, cookie = line:match("^([^\t]*)\t(.*)$")
    local headers = { ["Accept"] = "text/html" }
    if cookie ~= "" then headers["Cookie"] = cookie end
    pages[#pages + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  next_page = next_page % #pages + 1
  return pages[next_page]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"count": %d, "seconds": %.6f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
