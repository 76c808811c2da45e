// SPDX-License-Identifier: GPL-2.0-or-later
// POSIX locks belong to the process and end with any close of the file: mapping and unmapping it does not end
// them, whoever does the mapping. Another process is asked after each step.
#include "files.h"
#include <sys/wait.h>

static void ask(const char *when)
{
	fflush(stdout);
	if (!fork()) {
		struct flock l = { .l_type = F_WRLCK };
		int fd = open("lk", O_RDWR);

		fcntl(fd, F_GETLK, &l);
		printf("%s: %s\n", when, l.l_type == F_UNLCK ? "free" : "locked");
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

int main(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_len = 100 };
	int fd = file_of("lk", 8192), other;
	char *m;

	ask("before");
	P(fcntl(fd, F_SETLK, &l));
	ask("locked");
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	m[0]++;
	ask("mapped");
	munmap(m, 8192);
	ask("unmapped");
	for (int i = 0; i < 1000; i++) {
		m = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
		if (m == MAP_FAILED || m[1] != 7)
			printf("map %d failed\n", i);
		munmap(m, 8192);
	}
	ask("mapped again and again");
	other = open("lk", O_RDONLY);
	close(other);
	ask("another descriptor closed");
	P(fcntl(fd, F_SETLKW, &l));
	ask("locked again");
	l.l_type = F_UNLCK;
	P(fcntl(fd, F_SETLK, &l));
	ask("unlocked");
	/* Each time another open file: nothing may pile up. */
	l.l_type = F_RDLCK;
	for (int i = 0; i < 2000; i++) {
		other = open("lk", O_RDWR);
		fcntl(other, F_SETLK, &l);
		m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0);
		if (m == MAP_FAILED) {
			printf("map %d failed\n", i);
			break;
		}
		munmap(m, 4096);
		close(other);
	}
	ask("end");
	return 0;
}
