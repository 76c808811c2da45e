// SPDX-License-Identifier: GPL-2.0-or-later
// Seals of a memfd against its mappings, both ways.
#include "files.h"

static int sealed(int seals)
{
	int fd = (int)S(memfd_create, "m", 2);

	ftruncate(fd, 8192);
	if (seals)
		fcntl(fd, F_ADD_SEALS, seals);
	return fd;
}

static void map(int fd, int prot, int flags)
{
	char *m = mmap(NULL, 4096, prot, flags, fd, 0);

	printf("map %d %d: %s\n", prot, flags, m == MAP_FAILED ? strerrorname_np(errno) : "ok");
	if (m == MAP_FAILED)
		return;
	if (!(prot & PROT_WRITE))
		printf("  mprotect %s\n", mprotect(m, 4096, PROT_READ | PROT_WRITE) ? strerrorname_np(errno) : "ok");
	munmap(m, 4096);
}

int main(void)
{
	setvbuf(stdout,0,_IONBF,0); int fd = sealed(0);
	char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *n;

	P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	m[0] = 1;
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(m, 4096);
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	P(write(fd, "x", 1));
	P(fcntl(fd, F_GET_SEALS));
	map(fd, PROT_READ, MAP_SHARED);
	map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	map(fd, PROT_READ, MAP_PRIVATE);
	close(fd);

	fd = sealed(0);
	m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	P(m[0]);
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	n = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	munmap(m, 4096);
	n[0] = 5;
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	close(fd);

	fd = sealed(0);
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	m[0] = 7;
	P(pread(fd, &m[1], 1, 0));
	P(write(fd, "x", 1));
	map(fd, PROT_READ, MAP_SHARED);
	map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	close(fd);

	fd = sealed(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	P(ftruncate(fd, 4096));
	P(ftruncate(fd, 10000));
	P(pwrite(fd, "x", 1, 9000));
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	return 0;
}
