// SPDX-License-Identifier: GPL-2.0-or-later
/* Snapshots: stop in front of a function, and run it from there with one input after the other. */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ulk.h>

int main(int argc, char **argv)
{
	static const struct {
		const char *text;
		enum ulk_end end;
		int64_t returns; /* or the signal */
	} cases[] = {
		{"3abc", ULK_END_BREAK, 3}, {"x", ULK_END_BREAK, -1}, {"#99999999", ULK_END_SIGNAL, SIGSEGV}, {"0", ULK_END_BREAK, 0},
	};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_snapshot *start;
	struct ulk_result result;
	uint64_t parse, back, buffer, value;
	char where[32];

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "main") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);

	/* As if main() had just called parse(buffer), to return to where main() would. */
	assert(!ulk_address_of(m, "parse", &parse) && !ulk_address_of(m, "buffer", &buffer));
	assert(!ulk_get_reg(m, "rsp", &value) && !ulk_read(m, value, &back, sizeof(back)));
	assert(!ulk_set_reg(m, "rip", parse) && !ulk_set_reg(m, "rdi", buffer));
	assert(!ulk_snapshot(m, NULL, &start));

	snprintf(where, sizeof(where), "0x%lx", (unsigned long)back);
	assert(!ulk_break_at(m, where));

	for (int i = 0; i < 1000; i++) {
		size_t n = i % (sizeof(cases) / sizeof(cases[0]));

		assert(!ulk_write(m, buffer, cases[n].text, strlen(cases[n].text) + 1));
		assert(!ulk_run(m, &result) && result.end == cases[n].end);
		assert(!ulk_get_reg(m, "rax", &value));
		if (i < 4)
			printf("parse(\"%s\"): %s %d, %lu pages to bring back\n", cases[n].text,
			       result.end == ULK_END_SIGNAL ? "signal" : "returns",
			       result.end == ULK_END_SIGNAL ? result.code : (int)value, (unsigned long)ulk_snapshot_pages(start));
		assert((result.end == ULK_END_SIGNAL ? result.code : (int)value) == cases[n].returns);
		assert(!ulk_restore(m, start));
	}
	ulk_machine_free(m);
	return 0;
}
