// SPDX-License-Identifier: GPL-2.0-or-later
// read and write in all forms: counts, positions, bad buffers, vectors.
#include "files.h"
#include <sys/eventfd.h>

static char *p;          /* see pages() */
static char big[1 << 20];

static void plain(void)
{
	int fd = file_of("f", 20000);

	P(S(read, fd, p, 100));
	printf("%08x\n", hash(p, 100));
	P(S(read, fd, p, 0));
	P(S(read, fd, NOWHERE, 0));
	P(S(read, fd, KERNEL, 0));
	P(S(read, fd, KERNEL, 5));
	P(S(read, fd, NOWHERE, 5));
	P(S(read, fd, p + 8192 - 30, 100));
	P(lseek(fd, 0, SEEK_CUR));
	P(S(read, fd, p + 8192, 100));
	P(S(read, fd, p + 3 * 4096, 100));
	P(lseek(fd, 0, SEEK_CUR));
	P(S(read, fd, p, 16384));
	P(lseek(fd, 0, SEEK_CUR));
	P(S(read, fd, big, sizeof(big)));
	printf("%08x\n", hash(big, sizeof(big)));
	P(S(read, fd, big, sizeof(big)));
	P(S(read, fd, big, -1UL));
	P(S(read, fd, p, 1UL << 62));
	P(S(read, -1, p, 1));
	P(S(read, 50, NOWHERE, 1));
	P(S(read, 16100, p, 1));
	P(S(pread64, fd, p, 50, 19990));
	P(S(pread64, fd, p, 50, 20000));
	P(S(pread64, fd, p, 50, -1));
	P(S(pread64, fd, p, 50, -1UL >> 1));
	P(lseek(fd, 100, SEEK_SET));
	P(S(pread64, fd, p + 8190, 50, 5));
	P(lseek(fd, 0, SEEK_CUR));
	close(fd);
}

static void writes(void)
{
	int fd = file_of("w", 0), ro = open("w", O_RDONLY);

	memset(p, 'A', 8192);
	P(S(write, fd, p, 8192));
	P(S(write, fd, p + 8192, 4096));
	P(S(write, fd, p + 8192, 5000));
	P(S(write, fd, p + 12288 - 10, 100));
	P(S(write, fd, p + 12288, 1));
	P(S(write, fd, KERNEL, 1));
	P(S(write, fd, NOWHERE, 0));
	P(lseek(fd, 0, SEEK_CUR));
	P(S(pwrite64, fd, "xyz", 3, 30000));
	P(S(pwrite64, fd, "xyz", 3, -5));
	P(lseek(fd, 0, SEEK_END));
	P(S(write, ro, p, 1));
	P(S(read, ro, p, 10));
	P(S(pread64, fd, big, sizeof(big), 0));
	printf("%08x\n", hash(big, 30003));
	memset(big, 'B', sizeof(big));
	P(S(write, fd, big, sizeof(big)));
	P(lseek(fd, -5, SEEK_END));
	P(lseek(fd, 0, 7));
	P(lseek(fd, -1, SEEK_SET));
	P(lseek(fd, 0, SEEK_DATA) >= 0);
	P(lseek(fd, 1 << 30, SEEK_HOLE));
	close(ro);
	close(fd);
}

static void vectors(void)
{
	struct iovec v[1030], *bad = NOWHERE;
	int fd = file_of("v", 50000);

	for (int i = 0; i < 1030; i++)
		v[i] = (struct iovec){ big + i * 37, 37 };
	P(S(readv, fd, v, 3));
	printf("%08x\n", hash(big, 111));
	P(S(readv, fd, v, 0));
	P(S(readv, fd, v, 1024));
	P(S(readv, fd, v, 1025));
	P(S(readv, fd, v, -1));
	P(S(readv, fd, bad, 2));
	P(S(readv, fd, bad, 0));
	P(S(readv, 77, bad, 2));
	v[0] = (struct iovec){ p + 8000, 192 };
	v[1] = (struct iovec){ p + 8192, 10 };
	v[2] = (struct iovec){ p, 10 };
	P(S(preadv, fd, v, 3, 0, 0));
	v[0] = (struct iovec){ p, 10 };
	v[1] = (struct iovec){ p, -1UL };
	P(S(readv, fd, v, 2));
	v[1] = (struct iovec){ KERNEL, 1 };
	P(S(readv, fd, v, 2));
	v[0] = (struct iovec){ p, 0x7fffffffff };
	v[1] = (struct iovec){ p, 0x7fffffffff };
	P(S(preadv, fd, v, 2, 49990, 0));
	P(S(preadv, fd, v, 2, -1, 0));
	v[0] = (struct iovec){ p, 16 };
	v[1] = (struct iovec){ p + 8, 16 };
	P(S(preadv, fd, v, 2, 1000, 0));
	printf("%08x\n", hash(p, 24));
	P(S(preadv2, fd, v, 2, -1, -1, 0));
	P(S(preadv2, fd, v, 2, -2, -1, 0));
	P(S(preadv2, fd, v, 2, 0, 0, 0x40000000));
	P(S(pwritev, fd, v, 2, 49990, 0));
	P(S(pwritev2, fd, v, 2, 0, 0, RWF_APPEND));
	// On memory, for the disk may be busy with other things.
	int memory = S(memfd_create, "memory", 0);
	P(S(pwritev2, memory, v, 2, 0, 0, RWF_DSYNC));
	close(memory);
	P(S(writev, fd, v, 2));
	v[1] = (struct iovec){ p + 12288 - 6, 16 };
	P(S(writev, fd, v, 2));
	P(lseek(fd, 0, SEEK_CUR));
	P(lseek(fd, 0, SEEK_END));
	close(fd);
}

/* Pipes and event descriptors: nothing is lost to a bad buffer. */
static void streams(void)
{
	int fds[2], ev;
	uint64_t *cross = (uint64_t *)(p + 4096 - 4), n = 3;

	P(pipe(fds));
	P(S(write, fds[1], "0123456789", 10));
	P(S(read, fds[0], p + 8192 - 4, 10));
	P(S(read, fds[0], p + 8192, 10));
	P(S(read, fds[0], p, 100));
	P(S(write, fds[1], p + 12288 - 5, 10));
	P(fcntl(fds[0], F_SETFL, O_NONBLOCK));
	P(S(read, fds[0], p, 100));
	P(S(read, fds[0], p, 100));
	P(S(read, fds[0], big, sizeof(big)));
	P(fcntl(fds[1], F_SETFL, O_NONBLOCK));
	P(S(write, fds[1], big, 200000));
	P(S(write, fds[1], big, 200000));
	P(S(read, fds[0], big, 100000));
	P(S(pread64, fds[0], p, 5, 0));
	P(lseek(fds[0], 0, SEEK_SET));
	signal(SIGPIPE, SIG_IGN);
	close(fds[0]);
	P(S(write, fds[1], "x", 1));
	close(fds[1]);
	P(ev = eventfd(5, EFD_NONBLOCK));
	P(S(read, ev, cross, 8));
	printf("%lu\n", (unsigned long)*cross);
	P(S(read, ev, cross, 8));
	P(S(read, ev, cross, 7));
	memcpy(cross, &n, 8);
	P(S(write, ev, cross, 8));
	P(S(write, ev, cross, 4));
	P(S(read, ev, big, 65536));
	printf("%d\n", big[0]);
	close(ev);
	ev = open("/dev/zero", O_RDWR);
	P(S(read, ev, big, sizeof(big)));
	P(S(read, ev, p, 16384));
	P(S(write, ev, big, sizeof(big)));
	P(S(write, ev, NOWHERE, 5));
	close(ev);
	ev = open("/dev/full", O_RDWR);
	P(S(write, ev, "x", 1));
	close(ev);
}

int main(void)
{
	p = pages();
	plain();
	writes();
	vectors();
	streams();
	return 0;
}
