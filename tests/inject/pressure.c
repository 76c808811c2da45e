// SPDX-License-Identifier: GPL-2.0-or-later
/* What ulk alone injects: memory that ends, short reads and writes, EINTR. argv[1] says which. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)

static void *map(size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static const char *outcome(const void *p)
{
	return p == MAP_FAILED ? strerror(errno) : "worked";
}

/* Take a MiB at a time until there is none; then what still works. */
static int memory(void)
{
	unsigned n = 0;
	char *last = NULL, *p;
	void *reserved = map(1024 * MIB, PROT_NONE);

	printf("reserve: %s\n", outcome(reserved));
	while (n < 100 && (p = map(MIB, PROT_READ | PROT_WRITE)) != MAP_FAILED) {
		*p = 1;
		last = p;
		n++;
	}
	printf("%u MiB, then %s\n", n, strerror(errno));
	printf("brk: %s\n", sbrk(16 * MIB) == (void *)-1 ? strerror(errno) : "worked");
	printf("mremap: %s\n", outcome(mremap(last, MIB, 8 * MIB, MREMAP_MAYMOVE)));
	printf("mprotect: %s\n", mprotect(reserved, 8 * MIB, PROT_READ | PROT_WRITE) ? strerror(errno) : "worked");
	printf("read-only: %s\n", outcome(map(MIB, PROT_READ)));
	munmap(last, MIB);
	printf("after a munmap: %s\n", outcome(map(MIB / 2, PROT_READ | PROT_WRITE)));
	return 0;
}

/* Copy 0 to 1 as one should. */
static int copy(void)
{
	unsigned reads = 0, writes = 0, shorts = 0;
	char buf[4096];
	ssize_t n, w;

	while ((n = read(0, buf, sizeof(buf))) > 0) {
		reads++;
		for (ssize_t done = 0; done < n; done += w) {
			struct iovec iov[3] = {{buf + done, (size_t)(n - done) / 3}, {NULL, 0}, {NULL, 0}};

			iov[2].iov_base = buf + done + iov[0].iov_len;
			iov[2].iov_len = (size_t)(n - done) - iov[0].iov_len;
			w = writes++ % 2 ? write(1, buf + done, (size_t)(n - done)) : writev(1, iov, 3);
			if (w <= 0)
				return 1;
			shorts += w < n - done;
		}
	}
	fprintf(stderr, "%u reads, %u writes, %u short\n", reads, writes, shorts);
	return n < 0;
}

/* Through a pipe, with every EINTR counted and tried again. */
static int retry(void)
{
	unsigned interrupted = 0;
	struct timespec ts = {.tv_nsec = 1000}, rem = {0};
	int p[2], fd = open("/proc/self/exe", O_RDONLY);
	char c;

	if (pipe(p))
		return 1;
	for (int i = 0; i < 50; i++) {
		while (write(p[1], "x", 1) < 0 && errno == EINTR)
			interrupted++;
		while (read(p[0], &c, 1) < 0 && errno == EINTR)
			interrupted++;
	}
	while (nanosleep(&ts, &rem) < 0 && errno == EINTR) {
		interrupted++;
		if (rem.tv_nsec != 1000)
			printf("%ld ns remain\n", rem.tv_nsec);
	}
	for (int i = 0; i < 50; i++)
		if (read(fd, &c, 1) < 0)
			printf("a regular file: %s\n", strerror(errno));
	printf("%u interrupted\n", interrupted);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0);
	return !strcmp(argv[1], "memory") ? memory() : !strcmp(argv[1], "copy") ? copy() : retry();
}
