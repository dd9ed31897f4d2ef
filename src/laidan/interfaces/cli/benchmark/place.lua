-- wrk script: places orders at POST /api/v1/orders.
--   LAIDAN_BENCH_KEY=… wrk -t1 -c64 -d20s -s place.lua http://127.0.0.1:8000 -- mix=spread run=r1
-- mix: spread (five lines over all SKUs), hot (the first line always on the first SKU),
--      replay (spread, and one request in five repeats an earlier one), drop (one line, one SKU).
-- `run` must be new each time: it begins every external number and idempotency key.
-- Ends by printing one line of JSON.

local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long micros; } laidan_time;
            int gettimeofday(laidan_time *now, void *zone);
            int getpid(void);
            int kill(int pid, int signal); ]]

local PATH = "/api/v1/orders"
local REPLAY_SHARE, REPLAY_KEPT, REPLAY_AGE = 0.2, 4096, 512
local INTERRUPT = 2
local threads = {}

function setup(thread)
  thread:set("thread_no", #threads + 1)
  table.insert(threads, thread)
end

local function now()
  local read = ffi.new("laidan_time")
  ffi.C.gettimeofday(read, nil)
  return tonumber(read.seconds) + tonumber(read.micros) / 1e6
end

local function count_answer(status)
  local text = tostring(status)
  answers[text] = (answers[text] or 0) + 1
  answered = answered + 1
  ended_at = now()
  -- wrk would sleep to the end of its time even when its threads have stopped; this wakes it.
  if count > 0 and answered >= count then
    wrk.thread:stop()
    ffi.C.kill(ffi.C.getpid(), INTERRUPT)
  end
end

function init(args)
  local chosen = {}
  for _, arg in ipairs(args) do
    local name, value = arg:match("^(%w+)=(.*)$")
    if name then chosen[name] = value end
  end
  mix = chosen.mix or "spread"
  run = chosen.run or ("r" .. os.time())
  skus = tonumber(chosen.skus or 10000)
  customers = tonumber(chosen.customers or 1000000)
  drop_sku = chosen.sku or "DROP"
  count = tonumber(chosen.count or 0)
  fifth = math.floor(skus / 5)
  turn, sent, answers, answered, began_at, ended_at = 0, {}, {}, 0, now(), now()
  headers = {
    ["Authorization"] = "Bearer " .. (os.getenv("LAIDAN_BENCH_KEY") or ""),
    ["Content-Type"] = "application/json",
  }
  math.randomseed(os.time() * 100 + thread_no)
  -- Looking at every answer costs the generator time, so only a run that needs the counts does it.
  if mix == "drop" or mix == "replay" or count > 0 then response = count_answer end
end

local function lines()
  if mix == "drop" then
    return '{"sku":"' .. drop_sku .. '","quantity":1,"unit_price":"19.90"}'
  end
  local made = {}
  for line = 1, 5 do
    local sku = (line - 1) * fifth + math.random(1, fifth)
    if line == 1 and mix == "hot" then sku = 1 end
    made[line] = string.format('{"sku":"B%05d","quantity":1,"unit_price":"19.90"}', sku)
  end
  return table.concat(made, ",")
end

local function order(external_no)
  local customer = math.random(1, customers)
  local phone = string.format("138%08d", customer)
  return '{"shop":"bench","external_no":"' .. external_no ..
    '","customer":{"ref":"C' .. customer .. '","name":"王小明","phone":"' .. phone ..
    '"},"ship_to":{"name":"王小明","phone":"' .. phone ..
    '","country":"CN","province":"浙江省","city":"杭州市","district":"西湖区",' ..
    '"street":"文三路 1 号","postcode":"310000"},"lines":[' .. lines() .. "]}"
end

function request()
  if mix == "replay" and turn > REPLAY_AGE and math.random() < REPLAY_SHARE then
    local oldest = math.max(1, turn - REPLAY_KEPT + 1)
    return sent[math.random(oldest, turn - REPLAY_AGE) % REPLAY_KEPT]
  end
  turn = turn + 1
  local external_no = run .. "-" .. thread_no .. "-" .. turn
  headers["Idempotency-Key"] = external_no
  local made = wrk.format("POST", PATH, headers, order(external_no))
  if mix == "replay" then sent[turn % REPLAY_KEPT] = made end
  return made
end

local function statuses()
  local total = {}
  for _, thread in ipairs(threads) do
    for status, times in pairs(thread:get("answers")) do
      total[status] = (total[status] or 0) + times
    end
  end
  local shown = {}
  for status, times in pairs(total) do table.insert(shown, '"' .. status .. '":' .. times) end
  return "{" .. table.concat(shown, ",") .. "}"
end

function done(summary, latency)
  local seconds = summary.duration / 1e6
  if threads[1]:get("count") > 0 then
    -- The time that wrk measured has the wake-up in it.
    local began, ended = math.huge, 0
    for _, thread in ipairs(threads) do
      began = math.min(began, thread:get("began_at"))
      ended = math.max(ended, thread:get("ended_at"))
    end
    seconds = ended - began
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.4f,"failures":%d,"socket_errors":%d,"statuses":%s,' ..
    '"p50":%.3f,"p99":%.3f,"p999":%.3f,"longest":%.3f}\n',
    summary.requests, seconds, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, statuses(),
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    latency.max / 1e3))
end
