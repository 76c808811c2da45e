// SPDX-License-Identifier: GPL-2.0-or-later
// Lua linked statically from the distribution's library, running a small work load.
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

static const char script[] =
	"local t = {}\n"
	"for i = 1, 20000 do t[i] = (i * 7919) % 10007 end\n"
	"table.sort(t)\n"
	"print('sorted', t[1], t[10000], t[#t])\n"
	"local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
	"print('fib', fib(21))\n"
	"local parts = {}\n"
	"for w in ('the quick brown fox jumps over the lazy dog'):gmatch('%a+') do\n"
	"  parts[#parts + 1] = w:upper():reverse() end\n"
	"print(table.concat(parts, ' '))\n"
	"local seen, n = {}, 0\n"
	"for i = 1, 30000 do local k = 'key' .. i % 1000; if not seen[k] then seen[k] = true; n = n + 1 end end\n"
	"print('keys', n)\n"
	"local co = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i * i) end end)\n"
	"io.write('squares'); for _ = 1, 5 do io.write(' ', co()) end; io.write('\\n')\n"
	"print(pcall(error, 'an error'))\n"
	"print(string.format('%.15g %.15g %.15g', math.sin(1), math.exp(1), 2 ^ 0.5))\n"
	"print(string.pack('<i4', 258):byte(1, -1))\n"
	"collectgarbage(); print('collected', collectgarbage('count') < 4096)\n"
	"local f = assert(io.open('lua-out', 'w')); f:write(('line\\n'):rep(1000)); f:close()\n"
	"local lines = 0; for _ in io.lines('lua-out') do lines = lines + 1 end; print('lines', lines)\n";

int main(void)
{
	lua_State *L = luaL_newstate();

	luaL_openlibs(L);
	if (luaL_dostring(L, script) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		return 1;
	}
	lua_close(L);
	return 0;
}
