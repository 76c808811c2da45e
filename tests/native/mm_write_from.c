// SPDX-License-Identifier: GPL-2.0-or-later
// write(2) from buffers that are partly there: how far it gets, the size it leaves, the pages and stack it brings in.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096UL

static char *const at = (char *)0x30000000;

static void size_of(int fd)
{
	struct stat st;

	fstat(fd, &st);
	printf(" size %lx", (long)st.st_size);
}

static void resident(const char *what, char *map, int pages)
{
	unsigned char vec[16];

	printf(" %s ", what);
	for (int i = 0; i < pages; i++)
		printf("%c", mincore(map + i * PAGE, PAGE, vec) ? '.' : vec[0] & 1 ? '1' : '0');
}

static void put(const char *what, int fd, char *from, size_t len, off_t pos)
{
	ssize_t n = pwrite(fd, from, len, pos);

	printf("%s: %zd%s", what, n, n < 0 ? strerrorname_np(errno) : "");
	size_of(fd);
	resident("buffer", at, 12);
	printf("\n");
}

static void fresh(void)
{
	munmap(at, 64 * PAGE);
	mmap(at, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	memset(at, 'a', PAGE);
	mmap(at + 6 * PAGE, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void stacks(int fd, int prot)
{
	char *stack = at + 40 * PAGE;
	FILE *maps;
	char line[256];

	munmap(at, 64 * PAGE);
	mmap(stack, 4 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	put("below a stack", fd, stack - 3 * PAGE - 100, 5000, 0);
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps)) {
		if (!strncmp(line, "300", 3))
			printf("  %.22s\n", line);
	}
	fclose(maps);
}

static void files(const char *name, int fd)
{
	struct iovec iov[3] = {{at, 1000}, {at + 3 * PAGE, 2 * PAGE}, {at, 10}};
	char *self;

	puts(name);
	fresh();
	put("nothing readable", fd, at + 5 * PAGE, 3 * PAGE, 3 * PAGE);
	put("first page there", fd, at, 3 * PAGE, 0);
	fresh();
	put("runs into a hole", fd, at + 100, 5 * PAGE, 7);
	fresh();
	put("second page on", fd, at + PAGE, 2 * PAGE, 9 * PAGE);
	fresh();
	printf("vector: %zd", pwritev(fd, iov, 3, 2000));
	size_of(fd);
	resident("buffer", at, 12);
	printf("\n");
	/* From itself, past its end: the write makes the file longer before it looks at the buffer. */
	ftruncate(fd, 4 * PAGE);
	munmap(at, 64 * PAGE);
	self = mmap(at, 12 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	put("from its own future", fd, self + 7 * PAGE + 10, PAGE, 8 * PAGE);
	put("from its own end", fd, self + 8 * PAGE + 10, 3 * PAGE, 9 * PAGE);
	stacks(fd, PROT_READ | PROT_WRITE);
	stacks(fd, PROT_NONE);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	files("a file", open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	files("a memfd", memfd_create("m", 0));
	return 0;
}
