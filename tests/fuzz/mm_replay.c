// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mm_replay CORPUS: run the inputs of a packed corpus, TAP out. mm_replay --random SEED COUNT: random inputs
 * instead. The corpus: for each input its length as two bytes, low one first, then its bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mm_ops.h"

#define PER_POINT 100
#define MAX_INPUT 65535

/* The last input that was begun, in a file, when the process dies of it. */
static void run_one(const u8 *data, size_t size)
{
	u8 *copy = malloc(size ? size : 1); /* of its own, so that the sanitizer sees reads past the end */

	if (!copy)
		exit(2);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay(const char *path)
{
	static u8 data[MAX_INPUT];
	unsigned total = 0, point = 0;
	FILE *f = fopen(path, "rb");
	int low, high;

	if (!f) {
		perror(path);
		return 2;
	}
	while ((low = getc(f)) != EOF && (high = getc(f)) != EOF) {
		size_t size = (size_t)low | (size_t)high << 8;

		if (fread(data, 1, size, f) != size) {
			fprintf(stderr, "%s ends in the middle of input %u\n", path, total);
			return 2;
		}
		fprintf(stderr, "input %u\r", total);
		run_one(data, size);
		if (++total % PER_POINT == 0)
			printf("ok %u - inputs %u to %u\n", ++point, total - PER_POINT, total - 1);
	}
	printf("ok %u - %u inputs in all\n1..%u\n", point + 1, total, point + 1);
	fclose(f);
	return total ? 0 : 1;
}

static int random_inputs(unsigned long seed, unsigned long count)
{
	u8 data[2 + 8 * 120];

	for (unsigned long i = 0; i < count; i++) {
		u64 x = (seed + i) * 0x9e3779b97f4a7c15UL + 1;

		for (size_t j = 0; j < sizeof(data); j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			data[j] = (u8)(x >> 24);
		}
		if (getenv("MM_OPS_VERBOSE"))
			fprintf(stderr, "seed %lu\n", seed + i);
		run_one(data, sizeof(data));
	}
	printf("%lu random inputs\n", count);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--random"))
		return random_inputs(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0));
	if (argc != 2) {
		fprintf(stderr, "usage: mm_replay CORPUS | --random SEED COUNT\n");
		return 2;
	}
	return replay(argv[1]);
}
