// SPDX-License-Identifier: GPL-2.0-or-later
/* Three bugs that no ordinary run shows; `ulk sweep planted <FILE' finds them. It sorts lines, in a way. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE (256 << 10)

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Bug 1: an interrupted read is taken for the end of the input. */
static size_t read_all(char *buf)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(0, buf + n, SIZE - 1 - n)) > 0)
		n += (size_t)got;
	return n;
}

/* Writes all, and says whether it could: short writes and EINTR are well done here. */
static int write_all(const char *s, size_t n)
{
	while (n) {
		ssize_t done = write(1, s, n);

		if (done < 0 && errno != EINTR)
			return -1;
		s += done < 0 ? 0 : done;
		n -= done < 0 ? 0 : (size_t)done;
	}
	return 0;
}

int main(void)
{
	char *text = malloc(SIZE), **lines, *line;
	size_t n = 0;

	text[read_all(text)] = '\0';   /* bug 2: malloc's result was not looked at */
	lines = malloc(SIZE * sizeof(*lines));
	if (!lines) {
		perror("planted");
		return 1;
	}
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), compare);
	for (size_t i = 0; i < n; i++) {
		write_all(lines[i], strlen(lines[i]));   /* bug 3: neither was this one's */
		if (write_all("\n", 1)) {
			perror("planted");
			return 1;
		}
	}
	return 0;
}
