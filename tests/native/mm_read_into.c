// SPDX-License-Identifier: GPL-2.0-or-later
// read(2) and its kin into buffers that are partly there: what arrives, where the file's position is afterwards, and
// which pages and stacks were touched.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096L

static char *const at = (char *)0x30000000;
static char data[8 * PAGE];

static void fresh(void)
{
	munmap(at, 64 * PAGE);
	mmap(at, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(at + 4 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(at + 6 * PAGE, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(at + 40 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1,
	     0);
}

static void show(const char *what, ssize_t n, int fd)
{
	int err = errno;
	unsigned char vec[1];
	char line[256];
	FILE *maps;

	printf("%s: %zd%s at %ld ", what, n, n < 0 ? strerrorname_np(err) : "", (long)lseek(fd, 0, SEEK_CUR));
	for (int i = 0; i < 12; i++)
		printf("%c", mincore(at + i * PAGE, PAGE, vec) ? '.' : vec[0] & 1 ? '1' : '0');
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps)) {
		if (!strncmp(line, "3002", 4))
			printf(" %.17s", line);
	}
	fclose(maps);
	printf("\n");
	fresh();
}

static void from(const char *name, int fd)
{
	struct iovec iov[3] = {{at, 1000}, {at + 3 * PAGE, 2 * PAGE}, {at, 10}};

	puts(name);
	fresh();
	lseek(fd, 100, SEEK_SET);
	show("runs into read-only", read(fd, at + 2 * PAGE + 10, 3 * PAGE), fd);
	show("bad from the start", read(fd, at + 5 * PAGE, 100), fd);
	show("vector", readv(fd, iov, 3), fd);
	show("vector by position", preadv(fd, iov, 3, 5), fd);
	show("unknown flag", preadv2(fd, iov, 3, 5, 0x4000), fd);
	show("stack", read(fd, at + 37 * PAGE, 10), fd);
	lseek(fd, 8 * PAGE - 20, SEEK_SET);
	show("short", read(fd, at + PAGE, 3 * PAGE), fd);
	show("end", read(fd, at + PAGE, 3 * PAGE), fd);
	show("end, stack", read(fd, at + 36 * PAGE, 2 * PAGE), fd);
	lseek(fd, 90 * PAGE, SEEK_SET);
	show("past the end", read(fd, at + 3 * PAGE, 3 * PAGE), fd);
}

static void from_pipe(void)
{
	int fd[2];

	puts("a pipe");
	pipe2(fd, O_NONBLOCK);
	fresh();
	show("empty", read(fd[0], at, 3 * PAGE), fd[0]);
	show("empty, stack", read(fd[0], at + 37 * PAGE, 3 * PAGE), fd[0]);
	write(fd[1], data, 5000);
	show("runs into a hole", read(fd[0], at + 3 * PAGE, 3 * PAGE), fd[0]);
	show("bad", read(fd[0], at + 6 * PAGE, 3 * PAGE), fd[0]);
	show("some", read(fd[0], at, 3 * PAGE), fd[0]);
	show("the rest", read(fd[0], at, 3 * PAGE), fd[0]);
}

static void self(void)
{
	struct iovec local[2] = {{data, 3 * PAGE}, {at + 3 * PAGE, 2 * PAGE}}, remote[2] = {{at + PAGE, 10}, {at, 6 * PAGE}};
	int mem = open("/proc/self/mem", O_RDWR);

	puts("itself");
	fresh();
	show("process_vm_readv", process_vm_readv(getpid(), local, 1, remote, 2, 0), mem);
	show("stack", process_vm_readv(getpid(), local, 1, &(struct iovec){at + 38 * PAGE, 8}, 1, 0), mem);
	memset(data, 7, sizeof(data));
	show("process_vm_writev", process_vm_writev(getpid(), local, 1, remote, 2, 0), mem);
	local[0].iov_base = at + 3 * PAGE + 5;
	memset(at, 'k', 100);
	show("from a bad buffer", process_vm_writev(getpid(), local, 1, &(struct iovec){at, PAGE}, 1, 0), mem);
	memset(at, 'k', 100);
	show("kept", process_vm_writev(getpid(), &(struct iovec){at + 5 * PAGE, 50}, 1, &(struct iovec){at, 50}, 1, 0), mem);
	show("nowhere", process_vm_readv(getpid(), local, 1, &(struct iovec){(void *)-8L, 4}, 1, 0), mem);
	show("mem", pread(mem, data, 6 * PAGE, (long)at + 100), mem);
	show("mem, bad buffer", pread(mem, at + 3 * PAGE, 2 * PAGE, (long)data), mem);
	show("mem, written", pwrite(mem, data, 6 * PAGE, (long)at + 100), mem);
}

int main(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600), m = memfd_create("m", 0);

	setvbuf(stdout, NULL, _IONBF, 0);
	memset(data, 'd', sizeof(data));
	write(fd, data, sizeof(data));
	write(m, data, sizeof(data));
	from("a file", fd);
	from("a memfd", m);
	from_pipe();
	self();
	return 0;
}
