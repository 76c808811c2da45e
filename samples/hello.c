// SPDX-License-Identifier: GPL-2.0-or-later
// hello: the smallest look at a process: where are its code, data, heap and stack?
#include <stdio.h>
#include <unistd.h>

static int in_data = 1;

int main(int argc, char **argv)
{
	printf("hello from ulk's guest, %d argument(s)\n", argc - 1);
	printf("  code  %p\n", (void *)main);
	printf("  data  %p\n", (void *)&in_data);
	printf("  heap  ends at %p\n", sbrk(0));
	printf("  stack %p\n", (void *)&argc);
	printf("  argv  %p\n", (void *)argv);
	return 0;
}
