// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * parser: something to fuzz. Reads "KEY=VALUE" lines from a file (or standard input), with numbers, "strings" and [lists] as
 * values, and prints how many of each there were. One bug is planted: a list of lists of lists has its depth checked one
 * too late, and its contents are then counted in a table that ends before.
 *
 *	afl-fuzz -i in -o out -- ulk fuzz build/samples/parser @@
 *
 * (docs/fuzz.md)
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 3

struct parser {
	const char *at, *end;
	unsigned long *counts[MAX_DEPTH]; /* numbers in lists, by depth */
	unsigned keys, numbers, strings, lists;
};

static int value(struct parser *p, unsigned depth);

static void blanks(struct parser *p)
{
	while (p->at < p->end && *p->at == ' ')
		p->at++;
}

static int list(struct parser *p, unsigned depth)
{
	p->lists++;
	for (p->at++; p->at < p->end; p->at++) {
		blanks(p);
		if (p->at < p->end && *p->at == ']') {
			p->at++;
			return 1;
		}
		if (!value(p, depth + 1))
			return 0;
		blanks(p);
		if (p->at < p->end && *p->at == ']') {
			p->at++;
			return 1;
		}
		if (p->at >= p->end || *p->at != ',')
			return 0;
	}
	return 0;
}

static int string(struct parser *p)
{
	const char *close = memchr(p->at + 1, '"', (size_t)(p->end - p->at - 1));

	if (!close)
		return 0;
	p->at = close + 1;
	p->strings++;
	return 1;
}

static int value(struct parser *p, unsigned depth)
{
	blanks(p);
	if (p->at >= p->end || depth > MAX_DEPTH) /* the bug: >= */
		return 0;
	if (*p->at == '[')
		return list(p, depth);
	if (*p->at == '"')
		return string(p);
	if (!isdigit((unsigned char)*p->at))
		return 0;
	while (p->at < p->end && isdigit((unsigned char)*p->at))
		p->at++;
	p->numbers++;
	++*p->counts[depth];
	return 1;
}

static int line(struct parser *p)
{
	const char *key = p->at;

	while (p->at < p->end && (isalpha((unsigned char)*p->at) || *p->at == '_'))
		p->at++;
	if (p->at == key || p->at == p->end || *p->at++ != '=')
		return 0;
	p->keys++;
	if (!value(p, 0))
		return 0;
	blanks(p);
	return p->at == p->end || *p->at++ == '\n';
}

int main(int argc, char **argv)
{
	static char text[65536];
	FILE *in = argc > 1 ? fopen(argv[1], "r") : stdin;
	unsigned long counts[MAX_DEPTH] = {0};
	struct parser p = {.at = text};

	if (!in)
		return perror(argv[1]), 2;
	p.end = text + fread(text, 1, sizeof(text), in);
	for (int i = 0; i < MAX_DEPTH; i++)
		p.counts[i] = &counts[i];
	while (p.at < p.end) {
		if (line(&p))
			continue;
		printf("cannot read this at byte %d\n", (int)(p.at - text));
		return 1;
	}
	printf("%u keys, %u numbers, %u strings, %u lists\n", p.keys, p.numbers, p.strings, p.lists);
	return 0;
}
