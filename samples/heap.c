// SPDX-License-Identifier: GPL-2.0-or-later
// heap: mm->brk moves up and down; [heap] in the maps follows it page by page.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *base;

// Print the [heap] line's length, as /proc/self/maps shows it.
static void show(const char *what)
{
	char line[256];
	unsigned long start, end, heap = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	if (!maps)
		exit(1);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[heap]") && sscanf(line, "%lx-%lx", &start, &end) == 2)
			heap = end - start;
	fclose(maps);
	printf("%-28s brk at +%-8td [heap] is %lu KiB\n", what, (char *)sbrk(0) - base, heap / 1024);
}

int main(void)
{
	static char buffer[BUFSIZ];

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	free(malloc(4096)); // stdio's buffers come from the heap: let it settle first
	base = sbrk(0);
	show("at first");
	sbrk(1 << 20);
	show("after sbrk(1 MiB)");
	memset(base, 1, 1 << 20); // only now are there frames under it
	show("after touching it");
	sbrk(100);
	show("after sbrk(100 bytes)");
	if (brk(base) != 0)
		return 1;
	show("after brk() back");
	return 0;
}
