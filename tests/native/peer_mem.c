// SPDX-License-Identifier: GPL-2.0-or-later
// The memory of another process: process_vm_readv, process_vm_writev, /proc/PID/mem, pagemap, smaps and others, of a
// child that waits, computes, sleeps, selects, or has ended, and of the parent.
#include "files.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PAGE 4096

static char data[] = "initial data";
static char *priv, *shm, *ro;

static void vm(const char *what, int w, int pid, void *local, const void *remote, size_t n)
{
	struct iovec l = {local, n}, r = {(void *)remote, n};
	ssize_t ret = syscall(w ? SYS_process_vm_writev : SYS_process_vm_readv, pid, &l, 1, &r, 1, 0);

	printf("%s %zd %s\n", what, ret, ret < 0 ? strerror(errno) : "");
}

static int proc_open(int pid, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, flags);
	if (fd < 0)
		perror(name);
	return fd;
}

static void by_vectors(int pid)
{
	char buf[64] = "", *big = malloc(300000);
	struct iovec l[2] = {{buf, 16}, {buf + 16, 16}}, r[3] = {{data, 10}, {(void *)8, 4}, {data, 4}};

	vm("read", 0, pid, buf, data, sizeof(data));
	puts(buf);
	vm("untouched", 0, pid, buf, priv + 2 * PAGE, 16);
	printf("%d\n", buf[3]);
	vm("write", 1, pid, "written", data, 8);
	vm("write to a fresh page", 1, pid, "fresh", priv + 5 * PAGE, 6);
	vm("write to shared memory", 1, pid, "shared", shm, 7);
	vm("write to a read-only area", 1, pid, "ro", ro, 3);
	vm("write from nowhere", 1, pid, (void *)8, data, 3);
	vm("read a read-only area", 0, pid, buf, ro, 3);
	vm("read nothing", 0, pid, buf, (void *)16, 3);
	vm("read code", 0, pid, buf, (void *)vm, 16);
	printf("same: %d\n", !memcmp(buf, (void *)vm, 16));
	printf("partial: %zd\n", process_vm_readv(pid, l, 2, r, 3, 0));
	vm("much", 0, pid, big, priv, 300000);
	free(big);
}

static void by_proc(int pid)
{
	char buf[64] = "", line[256];
	uint64_t entry[7] = {0};
	int fd = proc_open(pid, "mem", O_RDWR), n = 0, rss = -1;
	FILE *f;

	printf("mem: %zd %s\n", pread(fd, buf, 8, (long)data), buf);
	printf("stored: %zd\n", pwrite(fd, "forced", 7, (long)ro));
	printf("%zd %s\n", pread(fd, buf, 7, (long)ro), buf);
	printf("%zd %s\n", pread(fd, buf, 7, 16), strerror(errno));
	close(fd);
	fd = proc_open(pid, "pagemap", O_RDONLY);
	printf("pagemap: %zd", pread(fd, entry, sizeof(entry), (unsigned long)priv / PAGE * 8));
	for (int i = 0; i < 7; i++)
		printf(" %d", (int)(entry[i] >> 63));
	puts("");
	close(fd);
	fd = proc_open(pid, "smaps", O_RDONLY);
	f = fdopen(fd, "r");
	while (fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		n += sscanf(line, "%lx-%lx ", &start, &end) == 2;
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && start <= (unsigned long)priv && end > (unsigned long)priv)
			rss = -2;
		else if (rss == -2 && sscanf(line, "Rss: %d", &rss) == 1)
			printf("smaps: %d kB\n", rss);
	}
	fclose(f);
	fd = proc_open(pid, "coredump_filter", O_RDWR);
	printf("filter: %.*s", (int)read(fd, buf, 20), buf);
	close(fd);
	fd = proc_open(pid, "clear_refs", O_WRONLY);
	printf("clear_refs: %zd\n", write(fd, "1", 1));
	close(fd);
	fd = proc_open(pid, "smaps_rollup", O_RDONLY);
	f = fdopen(fd, "r");
	for (int i = 0; i < 2 && fgets(line, sizeof(line), f); i++)
		printf("%.4s\n", i ? line : "");
	fclose(f);
	fd = proc_open(pid, "numa_maps", O_RDONLY);
	f = fdopen(fd, "r");
	while (fgets(line, sizeof(line), f))
		n--;
	printf("as many: %d\n", n);
	fclose(f);
}

static void child(int mode, int in, int out)
{
	fd_set set;
	char c;

	priv[PAGE] = 2;
	if (write(out, "a", 1) != 1)
		_exit(1);
	if (mode == 1) {
		fcntl(in, F_SETFL, O_NONBLOCK);
		while (read(in, &c, 1) != 1)
			for (volatile int i = 0; i < 10000; i++)
				;
	} else if (mode == 2) {
		printf("slept: %d\n", usleep(300000));
	} else if (mode == 3) {
		FD_ZERO(&set);
		FD_SET(in, &set);
		printf("select: %d\n", pselect(in + 1, &set, NULL, NULL, NULL, NULL));
	}
	if (mode != 1 && read(in, &c, 1) != 1)
		_exit(1);
	printf("child: %s|%s|%s|%s\n", data, priv + 5 * PAGE, shm, ro);
	fflush(stdout);
	_exit(0);
}

int main(void)
{
	const char *names[] = {"waiting", "computing", "sleeping", "selecting"};
	int to[2], from[2], pid;
	char c, buf[16] = "";
	siginfo_t si;

	priv = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shm = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ro = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(priv, 1 << 20, MADV_NOHUGEPAGE);
	priv[0] = 1;
	for (int mode = 0; mode < 4; mode++) {
		printf("-- %s\n", names[mode]);
		fflush(stdout);
		if (pipe(to) || pipe(from))
			return 1;
		pid = fork();
		if (!pid)
			child(mode, to[0], from[1]);
		if (read(from[0], &c, 1) != 1)
			return 1;
		by_vectors(pid);
		by_proc(pid);
		fflush(stdout);
		if (write(to[1], "b", 1) != 1)
			return 1;
		waitpid(pid, NULL, 0);
	}
	puts("-- the parent");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		vm("read", 0, getppid(), buf, data, 8);
		vm("write", 1, getppid(), "changed", data, 8);
		puts(buf);
		fflush(stdout);
		_exit(0);
	}
	waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT);
	puts(data);
	vm("zombie", 0, pid, buf, data, 8);
	waitpid(pid, NULL, 0);
	vm("nobody", 0, pid, buf, data, 8);
	return 0;
}
