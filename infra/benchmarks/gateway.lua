-- For wrk (apt install wrk): posts the lines of a file to the HTTP door, each line one body.
--   KEY=govpulse_… TYPE=application/cloudevents-batch+json BODIES=batches.jsonl \
--   wrk -t1 -c2 -d30s --latency -s infra/benchmarks/gateway.lua http://127.0.0.1:PORT
-- WAIT_MS: every connection rests so long between two requests, on average, for a steady rate below the greatest.
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
local headers = { ["Authorization"] = "Bearer " .. os.getenv("KEY"), ["Content-Type"] = os.getenv("TYPE") }
local wait = tonumber(os.getenv("WAIT_MS") or "0")
local number = math.random(#bodies)

function request()
  number = number % #bodies + 1
  return wrk.format("POST", "/v1/events", headers, bodies[number])
end

if wait > 0 then
  function delay() return math.random(0, 2 * wait) end
end

function done(summary, latency)
  io.write(string.format("requests/s %.1f  p50 %.1f ms  p99 %.1f ms  max %.1f ms  not 2xx %d  timeouts %d\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, summary.errors.status, summary.errors.timeout))
end
