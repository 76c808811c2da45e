// SPDX-License-Identifier: GPL-2.0-or-later
/* What tests/libulk/resume.py saves and resumes: it adds up the numbers it reads, says so, and writes them to a file of its own.
 * With "pipe", "thread": what cannot be saved. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

long total;
int lines, out = -1;

__attribute__((noipa)) void half_way(void)
{
	lines += 0;
}

__attribute__((noipa)) void nearly(void)
{
	lines += 0;
}

/* Byte by byte: what is not read yet is still in the file. */
static int line_of(char *buf, size_t size)
{
	size_t n = 0;

	while (n < size - 1 && read(0, buf + n, 1) == 1 && buf[n] != '\n')
		n++;
	buf[n] = '\0';
	return n > 0;
}

static void *wait_for_ever(void *arg)
{
	pause();
	return arg;
}

int main(int argc, char **argv)
{
	const struct rlimit limit = {1000, RLIM_INFINITY};
	char line[32], name[16], dir[256] = "";
	pthread_t thread;
	int ends[2], n;

	if (argc > 1 && !strcmp(argv[1], "pipe"))
		n = pipe(ends);
	if (argc > 1 && !strcmp(argv[1], "thread"))
		pthread_create(&thread, NULL, wait_for_ever, NULL);
	if (argc > 2) {
		out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
		n = chdir("/usr");
	}
	prctl(PR_SET_NAME, "adds up");
	setrlimit(RLIMIT_FSIZE, &limit);
	while (line_of(line, sizeof(line))) {
		total += atol(line);
		if (out >= 0)
			dprintf(out, "%s\n", line);
		if (++lines == 3)
			half_way();
		if (lines == 5)
			nearly();
	}
	prctl(PR_GET_NAME, name);
	dprintf(1, "%ld in %d lines, %s in %s for %s\n", total, lines, name, getcwd(dir, sizeof(dir)), getenv("FOR"));
	return lines;
}
