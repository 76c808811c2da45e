// SPDX-License-Identifier: GPL-2.0-or-later
// Seals of memfds that are mapped, here and in a child: EBUSY exactly while an area could be stored through, and
// F_SEAL_FUTURE_WRITE leaves the areas made before it as they are.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096L
#define MEG (1L << 20)

static int fresh(void)
{
	int fd = memfd_create("m", MFD_ALLOW_SEALING);

	ftruncate(fd, 8 * MEG);
	return fd;
}

static int flags_of(int kind)
{
	return kind == 0 ? MAP_SHARED : MAP_PRIVATE;
}

static void here(int kind, int prot, int touch)
{
	int fd = fresh();
	char *p = mmap(NULL, 4 * MEG, prot, flags_of(kind), fd, 0);

	printf("kind %d prot %d touch %d\n", kind, prot, touch);
	if (touch)
		p[3 * MEG] = 1;
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(p, MEG);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(p, 4 * MEG);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	SHOW(fcntl(fd, F_GET_SEALS));
	close(fd);
}

static void in_a_child(int child_keeps, int dontfork)
{
	int fd = fresh(), up[2], down[2];
	char *p = mmap(NULL, 4 * MEG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), c;

	printf("child keeps %d dontfork %d\n", child_keeps, dontfork);
	p[0] = 1;
	if (dontfork)
		madvise(p, 4 * MEG, MADV_DONTFORK);
	pipe(up);
	pipe(down);
	if (!fork()) {
		if (!child_keeps && !dontfork)
			munmap(p, 4 * MEG);
		write(up[1], "x", 1);
		read(down[0], &c, 1);
		_exit(0);
	}
	read(up[0], &c, 1);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(p, 4 * MEG);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	write(down[1], "x", 1);
	wait(NULL);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	close(fd);
	close(up[0]);
	close(up[1]);
	close(down[0]);
	close(down[1]);
}

static void future(void)
{
	int fd = fresh();
	char *p = mmap(NULL, 5 * MEG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, MEG);
	char *ro = mmap(NULL, MEG, PROT_READ, MAP_SHARED, fd, 0);
	char *bigger;

	printf("future\n");
	p[0] = 1;
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	p[4 * MEG] = 2;
	SHOW(mprotect(ro, MEG, PROT_READ | PROT_WRITE));
	ro[5] = 3;
	bigger = mremap(p, 5 * MEG, 7 * MEG, MREMAP_MAYMOVE);
	SHOW(bigger != MAP_FAILED);
	bigger[6 * MEG + 9] = 4;
	SHOW_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
	SHOW(pwrite(fd, "x", 1, 0));
	p = mmap(NULL, 8 * MEG, PROT_READ, MAP_PRIVATE, fd, 0);
	printf("%d %d %d %d\n", p[MEG], p[5 * MEG], p[5], p[7 * MEG + 9]);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(bigger, 7 * MEG);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(ro, MEG);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int kind = 0; kind < 2; kind++) {
		here(kind, PROT_READ, 0);
		here(kind, PROT_READ | PROT_WRITE, 0);
		here(kind, PROT_READ | PROT_WRITE, 1);
	}
	for (int i = 0; i < 4; i++)
		in_a_child(i & 1, i >> 1);
	future();
	return 0;
}
