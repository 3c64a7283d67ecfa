-- Reads of a board. Arguments: path, in which %d stands for a player drawn at random; number of players.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "ended.lua")

local path, players

function init(args)
  path, players = args[1], tonumber(args[2])
  math.randomseed(7)
end

function request()
  return wrk.format("GET", (path:gsub("%%d", function() return math.random(players) end)))
end
