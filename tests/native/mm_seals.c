// SPDX-License-Identifier: GPL-2.0-or-later
/* Seals of a memfd, and what they forbid to mappings. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include "show.h"

#define PAGE 4096L

static int sealed(int seals)
{
	int fd = memfd_create("m", MFD_ALLOW_SEALING);

	ftruncate(fd, 2 * PAGE);
	pwrite(fd, "hello", 5, 0);
	fcntl(fd, F_ADD_SEALS, seals);
	return fd;
}

static void mappings(const char *name, int seals)
{
	int fd = sealed(seals);
	char *ro, *priv;

	printf("%s\n", name);
	SHOW_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	ro = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	SHOW(ro == MAP_FAILED);
	SHOW(ro[0]);
	SHOW(mprotect(ro, PAGE, PROT_READ | PROT_WRITE));
	priv = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	priv[0] = 'j';
	SHOW(priv[0]);
	SHOW(pwrite(fd, "x", 1, 1));
	SHOW(ro[1]);
	SHOW(ftruncate(fd, PAGE));
	SHOW(ftruncate(fd, 3 * PAGE));
	SHOW(fcntl(fd, F_GET_SEALS));
	munmap(ro, PAGE);
	munmap(priv, PAGE);
	close(fd);
}

/* F_SEAL_WRITE waits until nobody can write through a mapping. */
static void busy(void)
{
	int fd = sealed(0), copy;
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *q;

	printf("busy\n");
	p[0] = 'x';
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	SHOW(mprotect(p, PAGE, PROT_READ));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	SHOW(munmap(p, PAGE));
	q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	SHOW(q[0]);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	SHOW(fcntl(fd, F_GET_SEALS));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	SHOW(q[0]);
	copy = dup(fd);
	SHOW(fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL));
	SHOW(fcntl(copy, F_ADD_SEALS, F_SEAL_GROW));
	SHOW(fcntl(memfd_create("n", 0), F_ADD_SEALS, F_SEAL_GROW));
}

int main(void)
{
	mappings("none", 0);
	mappings("write", F_SEAL_WRITE);
	mappings("future write", F_SEAL_FUTURE_WRITE);
	mappings("shrink and grow", F_SEAL_SHRINK | F_SEAL_GROW);
	busy();
	return 0;
}
