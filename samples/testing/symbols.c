// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and lines of a program: all its functions, the lines of one of them, which code a line has become, and back. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <ulk.h>

struct found {
	int functions, variables, lines, statements, first, last;
	uint64_t size, low, high;
};

static bool on_symbol(const struct ulk_symbol *symbol, void *arg)
{
	struct found *found = arg;

	found->functions += symbol->function;
	found->variables += !symbol->function;
	if (!strcmp(symbol->name, "parse"))
		found->size = symbol->size;
	return true;
}

static bool on_line(const struct ulk_line *line, void *arg)
{
	struct found *found = arg;

	/* What was inlined is of other files. */
	if (!strstr(line->file, "guest.c"))
		return true;
	if (!found->lines++ || line->line < found->first)
		found->first = line->line;
	if (line->line > found->last)
		found->last = line->line;
	if (!found->low || line->addr < found->low)
		found->low = line->addr;
	if (line->end > found->high)
		found->high = line->end;
	found->statements += line->statement;
	return true;
}

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], NULL}, *const env[] = {NULL};
	struct found all = {0}, parse = {0}, one = {0}, file = {0};
	struct ulk_machine *m;
	struct ulk_place place;
	uint64_t addr;
	char where[32];

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_each_symbol(m, on_symbol, &all));
	printf("%d functions, %d variables; parse() has %lu bytes\n", all.functions, all.variables, (unsigned long)all.size);
	assert(all.functions > 100 && all.variables > 20 && all.size);

	/* From a function to its lines, ... */
	assert(!ulk_each_line(m, "parse", on_line, &parse) && parse.first < parse.last && parse.statements);
	assert(!ulk_address_of(m, "parse", &addr) && parse.low == addr && parse.high <= addr + all.size);
	printf("parse(): lines %d to %d, in %d pieces\n", parse.first, parse.last, parse.lines);
	/* ... from a line to its code, ... */
	snprintf(where, sizeof(where), "guest.c:%d", parse.first);
	assert(!ulk_each_line(m, where, on_line, &one) && one.first == parse.first && one.last == parse.first && one.low == addr);
	/* ... and from an address to both. */
	assert(!ulk_place_at(m, one.low, &place) && place.line == parse.first && !strcmp(place.symbol, "parse"));
	printf("0x%lx is %s+%lu, line %d\n", (unsigned long)one.low, place.symbol, (unsigned long)place.offset, place.line);

	assert(!ulk_each_line(m, "guest.c:", on_line, &file) && file.lines > parse.lines && file.first < parse.first);
	assert(ulk_each_line(m, "guest.c:99999", on_line, &file) < 0);
	printf("no such line: %s\n", ulk_machine_error(m));
	ulk_machine_free(m);
	return 0;
}
