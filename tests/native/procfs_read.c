// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How files of /proc/self are read: in small pieces, at offsets, again after a change, through duplicates, by
 * other names, after execve; and the directories map_files, fd, fdinfo and task.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096UL

static char big[1 << 18], other[1 << 18];

/* All of @fd by reads of @size into @to; how many reads gave something. */
static int slurp(int fd, char *to, size_t size, long *len)
{
	int reads = 0;
	long n;

	*len = 0;
	while ((n = read(fd, to + *len, size)) > 0) {
		*len += n;
		reads++;
	}
	to[*len] = '\0';
	return n < 0 ? -errno : reads;
}

/* The file whole, then in pieces of @size. What the machine's other programs do may change it in between (Pss): not every time. */
static void by_pieces(const char *path, int fd, size_t size)
{
	long len, all, reads;
	bool same = false;

	for (int tries = 0; tries < 5 && !same; tries++) {
		lseek(fd, 0, SEEK_SET);
		slurp(fd, big, 65536, &all);
		lseek(fd, 0, SEEK_SET);
		reads = slurp(fd, other, size, &len);
		same = len == all && !memcmp(big, other, (size_t)len);
	}
	printf("%s by %zu: %ld reads, %ld bytes, %s\n", strrchr(path, '/'), size, reads, len, same ? "same" : "other");
}

static void pieces(const char *path)
{
	static const size_t sizes[] = {65536, 4097, 4096, 4095, 1024, 100, 7, 1};
	int fd = open(path, O_RDONLY);
	long all = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		by_pieces(path, fd, sizes[i]);
	lseek(fd, 0, SEEK_SET);
	slurp(fd, big, 65536, &all);
	for (long off = 0; off < all + 200; off += all / 5 + 1) {
		bool same = false;
		long n = 0;

		for (int tries = 0; tries < 5 && !same; tries++) {
			lseek(fd, 0, SEEK_SET);
			slurp(fd, big, 65536, &all);
			n = pread(fd, other, 300, off);
			same = n >= 0 && !memcmp(big + off, other, (size_t)n);
		}
		printf("  pread at %ld: %ld %s\n", off, n, same ? "same" : "other");
	}
	printf("  position %ld, end %ld", (long)lseek(fd, 0, SEEK_CUR), (long)lseek(fd, 0, SEEK_END));
	printf(" %s, far %ld", errno == EINVAL ? "EINVAL" : "-", (long)lseek(fd, 1 << 20, SEEK_SET));
	printf(" reads %ld\n", (long)read(fd, other, 10));
	close(fd);
}

/* The whole of a file of records is not a snapshot: it goes on from where it was, as the areas are then. */
static void changing(void)
{
	int fd = open("/proc/self/maps", O_RDONLY), dup_fd;
	char *p = mmap((void *)0x10000000, 16 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		       0);
	long n = 0, len;
	char line[200];

	for (int i = 0; i < 16; i += 2)
		mprotect(p + (unsigned long)i * PAGE, PAGE, PROT_NONE);
	while (n < 100 && read(fd, big + n, 1) == 1 && big[n] != '\n') /* the first record alone is made */
		n++;
	printf("%.*s\n", 25, big);
	munmap(p + 4 * PAGE, 4 * PAGE);
	mmap(p - PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	dup_fd = dup(fd);
	slurp(dup_fd, big, 4096, &len);
	for (char *s = strtok(big, "\n"); s; s = strtok(NULL, "\n"))
		printf("  %.*s\n", (int)strcspn(s, " ") + 5, s);
	printf("at its end: %ld %ld\n", (long)read(fd, line, 10), (long)read(dup_fd, line, 10));
	mprotect(p, 16 * PAGE, PROT_READ);
	munmap(p - PAGE, 17 * PAGE);
	close(fd);
	close(dup_fd);
}

/* A text is a snapshot until it was read to its end, or read from elsewhere. */
static void snapshots(void)
{
	int fd = open("/proc/self/statm", O_RDONLY), same;
	unsigned long a, b, c;
	char buf[200] = "";
	void *p;

	read(fd, buf, 2);
	p = mmap(NULL, 1000 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	read(fd, buf + 2, 100);
	a = strtoul(buf, NULL, 10);
	same = (int)read(fd, buf, 100);
	lseek(fd, 0, SEEK_SET);
	read(fd, buf, 100);
	b = strtoul(buf, NULL, 10);
	munmap(p, 1000 * PAGE);
	pread(fd, buf, 100, 0);
	c = strtoul(buf, NULL, 10);
	printf("statm: %ld more, at the end %d, then %ld less\n", b - a, same, b - c);
	close(fd);
}

static void show_link(const char *what, const char *path)
{
	char to[300];
	long n = readlink(path, to, sizeof(to) - 1);

	to[n < 0 ? 0 : n] = '\0';
	printf("%s: %ld %s\n", what, n < 0 ? -(long)errno : 0, strrchr(to, '/') ? strrchr(to, '/') : to);
}

static void names(void)
{
	char path[100], a[100] = "", b[100] = "";
	int proc = open("/proc", O_RDONLY | O_DIRECTORY), self = open("/proc/self", O_RDONLY | O_DIRECTORY),
	    fd;
	struct stat st;

	fd = openat(proc, "self/statm", O_RDONLY);
	printf("relative: %d\n", read(fd, a, 99) > 0);
	fd = openat(self, "statm", O_RDONLY);
	printf("from self: %d\n", read(fd, b, 99) > 0 && atol(a) == atol(b));
	snprintf(path, sizeof(path), "/proc/%d/statm", getpid());
	fd = open(path, O_RDONLY);
	printf("by pid: %d\n", read(fd, b, 99) > 0 && atol(a) == atol(b));
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	fd = open(path, O_RDONLY);
	printf("by /dev/fd: %d\n", read(fd, b, 99) > 0 && atol(a) == atol(b));
	fd = open("/proc/thread-self/statm", O_RDONLY);
	printf("thread-self: %d\n", read(fd, b, 99) > 0 && atol(a) == atol(b));
	show_link("exe", "/proc/self/exe");
	show_link("cwd is there", "/proc/self/root");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd_create("a name", 0));
	show_link("fd", path);
	SHOW(stat("/proc/self/exe", &st));
	printf("%o\n", st.st_mode);
	SHOW(lstat("/proc/self/exe", &st));
	printf("%o %ld\n", st.st_mode, (long)st.st_size);
	SHOW(lstat("/proc/self", &st));
	printf("%o %ld\n", st.st_mode, (long)st.st_size);
	SHOW(stat("/proc/self/fd", &st));
	printf("%o %ld\n", st.st_mode, (long)st.st_size);
	close(proc);
	close(self);
}

static void list(const char *what, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;
	int n = 0;

	while (d && (de = readdir(d)))
		n++;
	printf("%s: %d\n", what, n);
	if (d)
		closedir(d);
}

static void map_files(void)
{
	DIR *d = opendir("/proc/self/map_files");
	int file = open("mapped", O_RDWR | O_CREAT, 0600), fd;
	struct dirent *de;
	char path[100], buf[8] = "";
	struct stat st;
	char *p;

	write(file, "content", 7);
	p = mmap((void *)0x20000000, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
	while ((de = readdir(d)))
		printf("map_files: %s %d\n", de->d_name, de->d_type);
	closedir(d);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)p,
		 (unsigned long)p + PAGE);
	show_link("the file", path);
	fd = open(path, O_RDONLY);
	if (fd >= 0)
		read(fd, buf, 7);
	printf("opened: %s\n", fd < 0 ? strerrorname_np(errno) : buf);
	SHOW(stat(path, &st));
	printf("%ld\n", fd < 0 ? 0 : (long)st.st_size);
	SHOW(open("/proc/self/map_files/20000000-20002000", O_RDONLY));
	SHOW(open("/proc/self/map_files/020000000-20001000", O_RDONLY));
	SHOW(open("/proc/self/map_files/1-2", O_RDONLY));
	SHOW(open("/proc/self/map_files/x", O_RDONLY));
	munmap(p, PAGE);
}

static void fdinfo(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC | O_NONBLOCK), n;
	char path[100], buf[300];

	read(fd, buf, 5);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	n = open(path, O_RDONLY);
	buf[read(n, buf, sizeof(buf) - 1)] = '\0';
	printf("fdinfo: %.*s\n", (int)(strstr(buf, "mnt_id") - buf), buf);
	list("fds", "/proc/self/fd");
	list("fdinfos", "/proc/self/fdinfo");
	close(fd);
	close(n);
}

static void *in_thread(void *arg)
{
	char path[64], buf[64] = "";
	int fd;

	prctl(PR_SET_NAME, "a thread");
	list("tasks", "/proc/self/task");
	fd = open("/proc/thread-self/comm", O_RDWR);
	read(fd, buf, 60);
	printf("comm: %s", buf);
	SHOW(write(fd, "renamed by a long name\n", 23));
	prctl(PR_GET_NAME, buf);
	printf("now: %s\n", buf);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)syscall(SYS_gettid));
	fd = open(path, O_RDONLY);
	read(fd, other, 400);
	printf("%.*s\n", (int)strcspn(other, "\n"), other);
	*(int *)arg = fd;
	return NULL;
}

static int blocked_tid, blocked_pipe[2];

static void *blocks(void *arg)
{
	char c;

	(void)arg;
	blocked_tid = (int)syscall(SYS_gettid);
	read(blocked_pipe[0], &c, 1);
	return NULL;
}

/* The call a thread is in: its number and first argument, and where it was made. */
static void system_calls(void)
{
	char path[64], buf[300] = "";
	long nr = -1, arg = -1;
	pthread_t thread;
	int fd = open("/proc/self/syscall", O_RDONLY);

	syscall(SYS_pread64, fd, buf, 299, 0, 7, 8);
	printf("own: %s", buf);
	pipe(blocked_pipe);
	pthread_create(&thread, NULL, blocks, NULL);
	usleep(30000);
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", blocked_tid);
	fd = open(path, O_RDONLY);
	memset(buf, 0, sizeof(buf));
	read(fd, buf, 299);
	sscanf(buf, "%ld 0x%lx", &nr, &arg);
	printf("another: %ld %d\n", nr, arg == blocked_pipe[0]);
	write(blocked_pipe[1], "x", 1);
	pthread_join(thread, NULL);
}

static void threads(void)
{
	char buf[100];
	pthread_t thread;
	int fd;

	pthread_create(&thread, NULL, in_thread, &fd);
	pthread_join(thread, NULL);
	usleep(20000); /* until it is gone */
	SHOW(pread(fd, buf, 100, 0));
	list("tasks", "/proc/self/task");
}

static long rw(const char *name, const char *text, char *back, size_t size)
{
	char path[100];
	int fd;
	long n;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_RDWR);
	errno = 0;
	n = write(fd, text, strlen(text));
	if (n < 0)
		n = -errno;
	memset(back, 0, size);
	pread(fd, back, size - 1, 0);
	close(fd);
	return n;
}

static void writable(void)
{
	static const char *const what[][2] = {
		{"comm", "short"},
		{"comm", ""},
		{"comm", "much too long for a name"},
		{"oom_score_adj", "500"},
		{"oom_score_adj", "1001"},
		{"oom_score_adj", "x"},
		{"oom_adj", "3"},
		{"oom_adj", "-18"},
		{"oom_score_adj", "100"},
		{"coredump_filter", "0x7f\n"},
		{"coredump_filter", "-1"},
		{"coredump_filter", "0x1ff"},
		{"timerslack_ns", "60000"},

		{"setgroups", "deny"},
		{"uid_map", "0 0 1"},
		{"loginuid", "x"},
		{"clear_refs", "9"},
		{"attr/current", "x"},
	};
	char back[100];

	for (size_t i = 0; i < sizeof(what) / sizeof(*what); i++) {
		long n = rw(what[i][0], what[i][1], back, sizeof(back));

		printf("%s < \"%.8s\": %ld, \"%.*s\"\n", what[i][0], what[i][1], n, (int)strcspn(back, "\n"),
		       back);
	}
	prctl(PR_GET_NAME, back);
	printf("name %s\n", back);
}

static void polling(void)
{
	struct pollfd p[3] = {{open("/proc/self/mounts", O_RDONLY), POLLIN | POLLPRI, 0},
			      {open("/proc/self/maps", O_RDONLY), POLLIN | POLLPRI | POLLOUT, 0},
			      {open("/proc/self/mountinfo", O_RDONLY), POLLPRI, 0}};

	printf("poll: %d %x %x %x\n", poll(p, 3, 0), p[0].revents, p[1].revents, p[2].revents);
}

/* What was opened before execve shows the memory that is gone. */
static void after_exec(char **argv)
{
	static const char *const before[] = {"maps",	"smaps",   "pagemap",	  "mem",
					     "environ", "auxv",	   "numa_maps",	  "statm",
					     "status",	"cmdline", "smaps_rollup"};
	char buf[64];
	int n = sizeof(before) / sizeof(*before);

	if (argv[1]) {
		for (int i = 0; i < n; i++) {
			long r = pread(100 + i, buf, 16, 0);

			printf("%s: %s\n", before[i],
			       r < 0 ? strerrorname_np(errno)
			       : r   ? "something"
				     : "nothing");
		}
		exit(0);
	}
	for (int i = 0; i < n; i++) {
		snprintf(buf, sizeof(buf), "/proc/self/%s", before[i]);
		dup2(open(buf, O_RDONLY), 100 + i);
	}
	fflush(stdout);
	execv("/proc/self/exe", (char *[]){argv[0], "again", NULL});
}

int main(int argc, char **argv)
{
	static char buffer[1 << 16];

	(void)argc;
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	memset(buffer, 1, sizeof(buffer));
	memset(big, 1, sizeof(big));
	memset(other, 1, sizeof(other));
	if (argv[1])
		after_exec(argv);
	pieces("/proc/self/maps");
	pieces("/proc/self/smaps");
	pieces("/proc/self/limits");
	pieces("/proc/self/auxv");
	pieces("/proc/self/environ");
	pieces("/proc/self/cmdline");
	changing();
	snapshots();
	names();
	map_files();
	fdinfo();
	threads();
	system_calls();
	writable();
	polling();
	after_exec(argv);
	return 1;
}
