// SPDX-License-Identifier: GPL-2.0-or-later
// stack_growth: nobody asks for stack; a fault below the [stack] VMA makes it grow (MAP_GROWSDOWN).
#include <stdio.h>
#include <string.h>

static unsigned long stack_kib(void)
{
	char line[256];
	unsigned long start, end, kib = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &start, &end) == 2)
			kib = (end - start) / 1024;
	if (maps)
		fclose(maps);
	return kib;
}

// Each call uses a bit more than 64 KiB of stack.
static int deeper(int depth)
{
	volatile char frame[64 * 1024];

	frame[0] = (char)depth;
	frame[sizeof(frame) - 1] = (char)depth;
	if (depth > 1)
		return deeper(depth - 1) + frame[0];
	return frame[sizeof(frame) - 1];
}

int main(void)
{
	printf("at first:            [stack] is %5lu KiB\n", stack_kib());
	for (int depth = 4; depth <= 64; depth *= 4) {
		deeper(depth);
		printf("%2d frames of 64 KiB: [stack] is %5lu KiB\n", depth, stack_kib());
	}
	return 0;
}
