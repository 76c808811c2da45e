// SPDX-License-Identifier: GPL-2.0-or-later
/* The program under test: how many words there are in its argument. Status 3: no memory. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char *copy = argc > 1 ? malloc(1 << 20) : NULL;
	int words = 0;

	if (!copy)
		return 3;
	strncpy(copy, argv[1], (1 << 20) - 1);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words++;
	free(copy);
	return words;
}
