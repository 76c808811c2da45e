// SPDX-License-Identifier: GPL-2.0-or-later
/* What was found, as text, TAP and JUnit XML. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/sweep.h"

bool sweep_failed(const struct sweep_result *r)
{
	return r->done && r->verdict != SWEEP_FINE;
}

/* A word as a shell would have to be given it. */
static void put_word(FILE *out, const char *s)
{
	if (*s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+%@")]) {
		fputs(s, out);
		return;
	}
	putc('\'', out);
	for (; *s; s++)
		fputs(*s == '\'' ? "'\\''" : (char[2]){*s, 0}, out);
	putc('\'', out);
}

static void put_again(FILE *out, const struct sweep *sw, const struct sweep_case *c)
{
	fputs(sw->launch->follow ? "ulk run -f" : "ulk run", out);
	for (int i = 0; i < 2 && *c->rule[i]; i++) {
		fputs(" --inject ", out);
		put_word(out, c->rule[i]);
	}
	for (char **a = sw->launch->argv; *a; a++) {
		putc(' ', out);
		put_word(out, *a);
	}
}

static void put_indented(FILE *out, const char *text, const char *indent)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		fprintf(out, "%s%.*s\n", indent, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void put_tap(const struct sweep *sw, size_t i)
{
	const struct sweep_result *r = &sw->results[i];
	const struct sweep_case *c = &sw->cases[i];

	printf("%sok %zu - %s: %s\n", sweep_failed(r) ? "not " : "", i + 1, c->name, r->text);
	if (!sweep_failed(r))
		return;
	fputs("  ---\n  again: \"", stdout);
	put_again(stdout, sw, c);
	fputs("\"\n", stdout);
	if (r->stacks) {
		fputs("  stacks: |\n", stdout);
		put_indented(stdout, r->stacks, "    ");
	}
	fputs("  ...\n", stdout);
}

void sweep_print_case(const struct sweep *sw, size_t i)
{
	const struct sweep_result *r = &sw->results[i];

	if (sw->tap) {
		if (!i)
			printf("TAP version 13\n");
		put_tap(sw, i);
	} else if (sweep_failed(r)) {
		printf("%s: %s\n", sw->cases[i].name, r->text);
		put_indented(stdout, r->stacks, "    ");
		fputs("    again: ", stdout);
		put_again(stdout, sw, &sw->cases[i]);
		putchar('\n');
	}
	fflush(stdout);
}

void sweep_print_end(const struct sweep *sw)
{
	size_t n[SWEEP_NOTICED + 1] = {0}, done = 0, snapshots = 0;
	const char *mark = sw->tap ? "# " : "";

	for (size_t i = 0; i < sw->nr_cases; i++) {
		done += sw->results[i].done;
		n[sw->results[i].verdict] += sw->results[i].done;
		snapshots += sw->results[i].snapshot;
	}
	if (sw->tap)
		printf("%s1..%zu\n", sw->nr_cases && done ? "" : "TAP version 13\n", done);
	if (done < sw->nr_cases)
		printf("%sinterrupted after %zu of %zu runs\n", mark, done, sw->nr_cases);
	printf("%s%zu calls, %zu runs (%zu from a snapshot): %zu crashed, %zu hung, %zu went wrong with exit status 0, %zu did not stand EINTR or a short transfer\n",
	       mark, sw->nr_calls, done, snapshots, n[SWEEP_CRASH], n[SWEEP_HANG], n[SWEEP_SILENT], n[SWEEP_NOTICED]);
	if (!sw->repeats)
		printf("%stwo runs without injection differed in their output: it was not compared\n", mark);
}

/* ---- JUnit ---- */

static void put_xml(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			/* XML has no other control characters; and who knows what a symbol's bytes are. */
			putc((unsigned char)*s < ' ' && *s != '\n' && *s != '\t' ? '?' : (unsigned char)*s > 126 ? '?' : *s, out);
		}
	}
}

static void put_testcase(FILE *out, const struct sweep *sw, size_t i)
{
	static const char *const types[] = {"", "crash", "hang", "wrong output", "not handled"};
	const struct sweep_result *r = &sw->results[i];
	char *again = NULL;
	size_t size;
	FILE *m;

	fputs("    <testcase classname=\"sweep\" name=\"", out);
	put_xml(out, sw->cases[i].name);
	fprintf(out, "\" time=\"%.3f\"", r->seconds);
	if (!sweep_failed(r)) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, ">\n      <failure type=\"%s\" message=\"", types[r->verdict]);
	put_xml(out, r->text);
	fputs("\">", out);
	m = open_memstream(&again, &size);
	if (m) {
		put_again(m, sw, &sw->cases[i]);
		fclose(m);
		put_xml(out, again);
		free(again);
	}
	putc('\n', out);
	put_xml(out, r->stacks);
	fputs("</failure>\n    </testcase>\n", out);
}

int sweep_write_junit(const struct sweep *sw)
{
	FILE *out = fopen(sw->junit, "we");
	size_t done = 0, failed = 0;
	bool bad;

	if (!out)
		return -errno;
	for (size_t i = 0; i < sw->nr_cases; i++) {
		done += sw->results[i].done;
		failed += sweep_failed(&sw->results[i]);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"ulk sweep ", out);
	put_xml(out, sw->launch->argv[0]);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", done, failed);
	for (size_t i = 0; i < sw->nr_cases; i++) {
		if (sw->results[i].done)
			put_testcase(out, sw, i);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
	bad = ferror(out);
	return fclose(out) || bad ? -EIO : 0;
}
