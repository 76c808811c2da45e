-- SPDX-License-Identifier: GPL-2.0-or-later
-- What Lua's interpreter does while its coverage is compared with gcov's.
local t = {}
for i = 1, 20000 do t[i] = (i * 7919) % 10007 end
table.sort(t)
print('sorted', t[1], t[10000], t[#t])
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print('fib', fib(18))
local parts = {}
for w in ('the quick brown fox jumps over the lazy dog'):gmatch('%a+') do parts[#parts + 1] = w:upper():reverse() end
print(table.concat(parts, ' '))
local co = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i * i) end end)
for _ = 1, 5 do io.write(' ', co()) end print()
print(pcall(error, 'an error'))
print(string.format('%.15g %5d %x %q', math.sin(1), 42, 255, 'a\nb'))
print(string.pack('<i4', 258):byte(1, -1))
local mt = setmetatable({}, {__index = function(_, k) return k .. '!' end, __gc = function() end, __close = function() end})
print(mt.hello, rawlen({1, 2, 3}), select('#', 1, 2, 3), #arg)
do local x <close> = mt end
goto done
print('not reached')
::done::
print(load('return 1 + 2 * 3 // 4 % 5 ~ 6 & 7 | 8 << 1')())
print(pcall(load, 'x ='))
print(os.time{year=2020, month=1, day=1, hour=12} > 0, os.getenv('HOME') ~= nil)
for k, v in pairs({a = 1}) do print(k, v) end
print(('x'):rep(3, ','), ('hello world'):gsub('o', '0'), ('abc'):find('b', 1, true))
print(utf8.char(228, 8364), utf8.len('äö'), tostring(1e100), 7 // 2, 7.5 // 2, -7 % 3, 2 ^ 10)
print(table.unpack({1, 2, 3}, 2))
collectgarbage('generational') collectgarbage('step') collectgarbage('incremental') collectgarbage()
print(debug.traceback('tb', 1):match('tb'))
