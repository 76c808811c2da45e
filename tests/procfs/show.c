// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show: everything the program can read about itself under /proc, in sections that procfs.py compares between
 * a native run and one under ulk. Text files are printed as they are, binary ones in hex.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static char text[1 << 20], again[1 << 20];
static char *volatile nowhere = (char *)8;

static void section(const char *name)
{
	printf("== %s\n", name);
}

/* Read to the end in pieces of @piece bytes. */
static long slurp(int fd, char *buf, size_t piece)
{
	long len = 0, n;

	while ((n = read(fd, buf + len, piece)) > 0)
		len += n;
	return n < 0 ? -errno : len;
}

static void put_hex(const char *s, long len)
{
	for (long i = 0; i < len; i += 8) {
		unsigned long word;

		memcpy(&word, s + i, 8);
		printf("%016lx\n", word);
	}
}

static void show_files(const char *when)
{
	static const char *const names[] = {"maps", "stat",    "statm",	  "status", "limits",
					    "auxv", "cmdline", "environ", "comm"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64];
		int fd;
		long len;

		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		printf("== %s %s\n", when, names[i]);
		fd = open(path, O_RDONLY);
		len = slurp(fd, text, sizeof(text));
		close(fd);
		if (len < 0)
			printf("%s\n", strerror((int)-len));
		else if (!strcmp(names[i], "auxv"))
			put_hex(text, len);
		else
			for (long k = 0; k < len; k++)
				putchar(text[k] ? text[k] : '\n');
		putchar('\n');
	}
}

static void same(const char *how, int fd, const char *want)
{
	int w = open(want, O_RDONLY);
	long a = slurp(w, text, sizeof(text)), b = slurp(fd, again, sizeof(again));

	printf("%s: %s\n", how, a == b && a > 0 && !memcmp(text, again, (size_t)a) ? "same" : "different");
	close(w);
	close(fd);
}

static void spellings(void)
{
	char path[PATH_MAX], cwd[PATH_MAX];
	int dir;

	section("spellings");
	same("self", open("/proc/self/limits", O_RDONLY), "/proc/self/limits");
	same("thread-self", open("/proc/thread-self/maps", O_RDONLY), "/proc/self/maps");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", getpid());
	same("pid", open(path, O_RDONLY), "/proc/self/cmdline");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/maps", getpid(), getpid());
	same("task", open(path, O_RDONLY), "/proc/self/maps");
	same("dots", open("/proc/../proc/./self//maps", O_RDONLY), "/proc/self/maps");
	dir = open("/proc/self", O_RDONLY | O_DIRECTORY);
	same("dirfd", openat(dir, "auxv", O_RDONLY), "/proc/self/auxv");
	close(dir);
	if (!getcwd(cwd, sizeof(cwd)) || chdir("/proc/self"))
		return;
	same("cwd", open("maps", O_RDONLY), "/proc/self/maps");
	printf("cwd exe: %s\n", readlink("exe", path, sizeof(path)) > 0 ? "link" : strerror(errno));
	if (chdir(cwd) || symlink("/proc/self/maps", "link"))
		return;
	same("symlink", open("link", O_RDONLY), "/proc/self/maps");
	unlink("link");
}

static void executable(const char *argv0)
{
	static const char *const names[] = {"/proc/self/exe", "/proc/thread-self/exe",
					    "/proc/self/task/../exe"};
	struct stat me, st;
	char link[PATH_MAX];

	section("exe");
	stat(argv0, &me);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ssize_t n = readlink(names[i], link, sizeof(link) - 1);
		int fd = open(names[i], O_RDONLY);

		link[n < 0 ? 0 : n] = '\0';
		printf("%s -> %s\n", names[i], link);
		printf("open: %s\n",
		       !fstat(fd, &st) && st.st_ino == me.st_ino && st.st_dev == me.st_dev ? "it" : "other");
		printf("stat: %s\n", !stat(names[i], &st) && st.st_ino == me.st_ino ? "it" : "other");
		printf("lstat: %o\n", lstat(names[i], &st) ? 0 : st.st_mode);
		close(fd);
	}
	printf("short readlink: %zd\n", readlink("/proc/self/exe", link, 3));
	printf("access: %d\n", access("/proc/self/exe", X_OK));
	printf("write: %s\n", open("/proc/self/exe", O_WRONLY) < 0 ? strerror(errno) : "opened");
	printf("nofollow: %s\n",
	       open("/proc/self/exe", O_RDONLY | O_NOFOLLOW) < 0 ? strerror(errno) : "opened");
}

static void descriptor(const char *name)
{
	char path[64], link[64], tail[64];
	struct stat st;
	int fd, copy;
	ssize_t n;
	long whole;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	printf("== descriptor %s\n", name);
	fd = open(path, O_RDONLY);
	fstat(fd, &st);
	printf("mode %o size %ld nlink %lu blksize %ld\n", st.st_mode, (long)st.st_size,
	       (unsigned long)st.st_nlink, (long)st.st_blksize);
	whole = slurp(fd, text, sizeof(text));
	printf("at end: read %zd\n", read(fd, again, 10));
	lseek(fd, 0, SEEK_SET);
	printf("in pieces: %s\n",
	       slurp(fd, again, 7) == whole && !memcmp(text, again, (size_t)whole) ? "same" : "other");
	copy = dup(fd);
	printf("rewind: %ld\n", (long)lseek(copy, 0, SEEK_SET));
	printf("dup: %zd\n", read(copy, again, 5));
	printf("position: %ld\n", (long)lseek(fd, 0, SEEK_CUR));
	close(copy);
	n = pread(fd, tail, 20, 3);
	printf("pread: %s\n", n == 20 && !memcmp(tail, text + 3, 20) ? "same" : "other");
	n = pread(fd, tail, 1, -1);
	printf("pread -1: %zd %s\n", n, strerror(errno));
	printf("position: %ld\n", (long)lseek(fd, 0, SEEK_CUR));
	errno = 0;
	n = lseek(fd, 0, SEEK_END);
	printf("seek end: %zd %s\n", n, strerror(errno));
	errno = 0;
	n = write(fd, "x", 1);
	printf("write: %zd %s\n", n, strerror(errno));
	lseek(fd, 0, SEEK_SET);
	errno = 0;
	n = read(fd, nowhere, 100);
	printf("bad buffer: %zd %s\n", n, strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = '\0';
	printf("link: %s\n", strrchr(link, '/') ? strrchr(link, '/') : "none");
	close(fd);
}

/* What was read before is a snapshot; after rewinding it is the present. */
static void freshness(void)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	long before = slurp(fd, text, sizeof(text)), after;
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	section("freshness");
	lseek(fd, 0, SEEK_SET);
	after = slurp(fd, again, sizeof(again));
	printf("grew by %ld\n", after - before);
	munmap(p, 4096);
	lseek(fd, 0, SEEK_SET);
	printf("and back: %d\n", slurp(fd, again, sizeof(again)) == before);
	close(fd);
}

/* Lines of maps without device and inode, which fresh files have their own of. */
static void put_maps_without_inode(void)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	long len = slurp(fd, text, sizeof(text) - 1);
	char *save, *line;

	text[len < 0 ? 0 : len] = '\0';
	close(fd);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char range[40], perms[8], offset[20];
		int name = 0;

		if (sscanf(line, "%39s %7s %19s %*s %*s%n", range, perms, offset, &name) == 3)
			printf("%s %s %s%s\n", range, perms, offset, line + name);
	}
}

/* Mappings by the names that maps gives them. */
static void names(void)
{
	static const char *const files[] = {"with\nnewline and  blanks", "gone", "short"};
	char *maps[8], *anon;
	int fd;

	section("names");
	for (int i = 0; i < 3; i++) {
		fd = open(files[i], O_RDWR | O_CREAT, 0600);
		if (ftruncate(fd, 3 * 4096))
			return;
		maps[i] = mmap(NULL, 4096, PROT_READ, i == 2 ? MAP_SHARED : MAP_PRIVATE, fd,
			       4096 * (i + 1) % 12288);
		close(fd);
	}
	unlink("gone");
	if (rename("short", "renamed"))
		return;
	fd = memfd_create("a memfd", 0);
	maps[3] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	fd = open("/dev/zero", O_RDWR);
	maps[4] = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	maps[5] = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	maps[6] = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	anon = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("named: %d\n", prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, anon + 4096, 4096, "my name"));
	put_maps_without_inode();
	munmap(anon, 3 * 4096);
	for (int i = 0; i < 7; i++)
		munmap(maps[i], 4096);
	unlink(files[0]);
	unlink("renamed");
}

/* Many VMAs: one read gives whole lines within a page. */
static void long_maps(void)
{
	char *base = mmap(NULL, 400 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long n, total = 0;
	int fd;

	section("long maps");
	for (int i = 0; i < 400; i += 2)
		mprotect(base + i * 4096, 4096, PROT_READ);
	fd = open("/proc/self/maps", O_RDONLY);
	while ((n = read(fd, text + total, sizeof(text) - (size_t)total)) > 0) {
		if (n > 4096 || text[total + n - 1] != '\n')
			printf("read %ld ends with %02x\n", n, text[total + n - 1]);
		total += n;
	}
	text[total] = '\0';
	fputs(text, stdout);
	munmap(base, 400 * 4096);
	close(fd);
}

static void name(void)
{
	char buf[32] = "";
	int fd = open("/proc/self/comm", O_RDWR);

	section("comm");
	printf("write %zd\n", write(fd, "renamed by write", 16));
	prctl(PR_GET_NAME, buf);
	printf("prctl says %s\n", buf);
	prctl(PR_SET_NAME, "by (prctl) x");
	lseek(fd, 0, SEEK_SET);
	buf[read(fd, buf, sizeof(buf) - 1)] = '\0';
	printf("comm says %s", buf);
	close(fd);
	fd = open("/proc/self/stat", O_RDONLY);
	text[read(fd, text, 4096)] = '\0';
	close(fd);
	printf("stat says %.*s\n", (int)(strrchr(text, ')') + 1 - strchr(text, '(')), strchr(text, '('));
	fd = open("/proc/self/status", O_RDONLY);
	text[read(fd, text, 4096)] = '\0';
	close(fd);
	printf("status says %.*s\n", (int)strcspn(text, "\n"), text);
}

static void descriptors(void)
{
	static const char *const dirs[] = {"/proc/self/fd", "/proc/thread-self/fd", "/proc/self/fdinfo"};

	for (size_t i = 0; i < 3; i++) {
		DIR *dir = opendir(dirs[i]);
		struct dirent *de;

		printf("== list %s\n", dirs[i]);
		while (dir && (de = readdir(dir)))
			printf("%s\n", de->d_name);
		closedir(dir);
	}
	printf("== list /proc/self/task/self\n");
	{
		char path[64];
		struct dirent *de;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/task/%d/fd", getpid(), getpid());
		dir = opendir(path);
		while (dir && (de = readdir(dir)))
			printf("%s\n", de->d_name);
		closedir(dir);
	}
	section("no others");
	for (int fd = 20; fd < 70000; fd++) {
		char path[64], link[64];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (!lstat(path, &st) || readlink(path, link, sizeof(link)) >= 0)
			printf("%s is there\n", path);
	}
}

static void memory(void)
{
	static volatile unsigned long value = 0x1122334455667788;
	static const char constant_text[] = "hello";
	const char *volatile constant = constant_text;
	unsigned long got = 0;
	struct iovec iov[2];
	char *map;
	int fd = open("/proc/self/mem", O_RDWR);
	ssize_t n;

	section("mem");
	n = pread(fd, &got, 8, (off_t)(unsigned long)&value);
	printf("read %zd %lx\n", n, got);
	got = 42;
	n = pwrite(fd, &got, 8, (off_t)(unsigned long)&value);
	printf("wrote %zd: %lu\n", n, value);
	errno = 0;
	n = pread(fd, &got, 8, 16);
	printf("unmapped: %zd %s\n", n, strerror(errno));
	/* A private page may be written whatever its protection, as a debugger does. */
	n = pwrite(fd, "HELLO", 5, (off_t)(unsigned long)constant);
	printf("constant %zd: %s\n", n, constant);
	n = pread(fd, again, 20000, (off_t)(unsigned long)text);
	printf("much: %zd %d\n", n, memcmp(again, text, 20000));
	map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(map + 2 * 4096, 4096);
	n = pread(fd, again, 8192, (off_t)(unsigned long)map + 4096);
	printf("past the end: %zd\n", n);
	memset(map, 'm', 8192);
	iov[0] = (struct iovec){again, 10};
	iov[1] = (struct iovec){again + 5000, 5000};
	lseek(fd, (off_t)(unsigned long)map + 100, SEEK_SET);
	n = readv(fd, iov, 2);
	printf("vector: %zd %c %c, position +%ld\n", n, again[9], again[5001],
	       (long)(lseek(fd, 0, SEEK_CUR) - (off_t)(unsigned long)map));
	munmap(map, 2 * 4096);
	close(fd);
}

static void handler(int signo)
{
	(void)signo;
}

/* What a process sees of itself after fork and after executing itself. */
static void child(const char *when)
{
	char link[PATH_MAX];
	unsigned flags = 0;
	int pid = 0, fd = open("/proc/self/stat", O_RDONLY);
	ssize_t n = read(fd, text, 4096);

	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	sscanf(text, "%d", &pid);
	sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %u", &flags);
	n = readlink("/proc/self/exe", link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = '\0';
	printf("%s: %s pid, name %.*s flags %x exe %s execfn %s\n", when, pid == getpid() ? "own" : "other",
	       (int)(strrchr(text, ')') + 1 - strchr(text, '(')), strchr(text, '('), flags, link,
	       (char *)getauxval(AT_EXECFN));
	fd = open("/proc/self/maps", O_RDONLY);
	n = slurp(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	fputs(text, stdout);
	fflush(stdout);
}

static void family(void)
{
	section("family");
	fflush(stdout);
	if (!fork()) {
		child("forked");
		execl("/proc/self/exe", "again", "child", (char *)NULL);
		_exit(1);
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	sigset_t set;
	int out[2];

	if (argc == 2 && !strcmp(argv[1], "child")) {
		child("executed");
		return 0;
	}

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	show_files("first");
	spellings();
	executable(argv[0]);
	descriptor("maps");
	descriptor("limits");
	descriptor("environ");
	freshness();
	names();
	long_maps();
	name();
	descriptors();
	memory();
	family();
	section("sendfile");
	fflush(stdout);
	if (!pipe(out)) {
		int fd = open("/proc/self/maps", O_RDONLY);
		ssize_t n = sendfile(out[1], fd, NULL, 100);

		printf("%zd %s\n", n, n < 0 ? strerror(errno) : "");
	}
	signal(SIGUSR1, handler);
	signal(SIGHUP, SIG_IGN);
	signal(SIGRTMIN + 3, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	brk((char *)sbrk(0) + 300000);
	show_files("later");
	fflush(stdout);
	return 0;
}
