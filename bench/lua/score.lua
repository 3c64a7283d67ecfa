-- One event a request, of a player drawn at random; every event has its own id. Arguments: key, number of players, run.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "ended.lua")

local count, key, players, run = 0

function init(args)
  key, players, run = args[1], tonumber(args[2]), args[3]
  math.randomseed(tonumber(run))
  wrk.headers["Authorization"] = "Bearer " .. key
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local body = string.format('{"type":"scored","id":"%s-%d","player":"player-%d","points":%d}',
    run, count, math.random(players), math.random(1000000))
  return wrk.format("POST", "/v1/games/scores/events", nil, body)
end
