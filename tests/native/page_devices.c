// SPDX-License-Identifier: GPL-2.0-or-later
// mmap of what is no regular file: devices, /proc, pipes; which errno, and what maps shows.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEN 8192
#define RW  (PROT_READ | PROT_WRITE)

static void show_area(const char *addr)
{
	unsigned long start, end, offset, inode;
	char line[512], perms[8], dev[16], name[256];
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f)) {
		name[0] = '\0';
		sscanf(line, "%lx-%lx %7s %lx %15s %lu %255[^\n]", &start, &end, perms, &offset, dev, &inode,
		       name);
		if ((unsigned long)addr < start || (unsigned long)addr >= end)
			continue;
		// An unnamed object's inode is new each time.
		if (strstr(name, "(deleted)"))
			inode = 0;
		printf("  %lx bytes %s %lx %s %lu %s\n", end - start, perms, offset, dev, inode, name);
	}
	fclose(f);
}

static void try_map(const char *what, int fd, int prot, int flags)
{
	char *p = mmap(NULL, LEN, prot, flags, fd, 0);

	printf("%s, prot %d, %s: %s\n", what, prot, flags & MAP_SHARED ? "shared" : "private",
	       p == MAP_FAILED ? strerror(errno) : "mapped");
	if (p == MAP_FAILED)
		return;
	show_area(p);
	if (prot & PROT_READ)
		printf("  reads %d %d\n", p[0], p[LEN - 1]);
	if (prot & PROT_WRITE) {
		p[0] = 1;
		p[4096] = 2;
		printf("  then %d %d\n", p[0], p[4096]);
	}
	munmap(p, LEN);
}

static void try_all(const char *what, int fd)
{
	if (fd < 0) {
		printf("%s: %s\n", what, strerror(errno));
		return;
	}
	try_map(what, fd, PROT_READ, MAP_PRIVATE);
	try_map(what, fd, RW, MAP_PRIVATE);
	try_map(what, fd, PROT_READ, MAP_SHARED);
	try_map(what, fd, RW, MAP_SHARED);
	try_map(what, fd, PROT_NONE, MAP_PRIVATE);
	close(fd);
}

int main(void)
{
	static const char *const names[] = {"/dev/zero",
					    "/dev/null",
					    "/dev/urandom",
					    "/dev/full",
					    "/proc/self/maps",
					    "/proc/version",
					    "/proc/self/mem",
					    "/tmp",
					    "/sys/kernel/mm/transparent_hugepage/enabled"};
	char path[] = "/var/tmp/page_devices-XXXXXX";
	int fds[2], fd;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		try_all(names[i], open(names[i], O_RDONLY));
		try_all(names[i], open(names[i], O_RDWR));
	}
	if (pipe(fds))
		perror("pipe");
	try_all("pipe", fds[0]);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		perror("socketpair");
	try_all("socket", fds[0]);
	try_all("epoll", epoll_create1(0));
	try_all("eventfd", eventfd(0, 0));
	try_all("O_PATH", open("/var/tmp", O_PATH));
	try_all("no descriptor", 77);
	fd = mkstemp(path);
	if (ftruncate(fd, LEN))
		perror("ftruncate");
	try_map("write-only", open(path, O_WRONLY), PROT_WRITE, MAP_SHARED);
	try_map("write-only", open(path, O_WRONLY), PROT_READ, MAP_PRIVATE);
	unlink(path);
	fd = memfd_create("memfd", 0);
	if (ftruncate(fd, LEN))
		perror("ftruncate");
	try_all("memfd", fd);
	return 0;
}
