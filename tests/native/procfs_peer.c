// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc of other processes: a parent looks at its child, a child at its parent, through execve and to the
 * end. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096UL

static char text[1 << 16];

static long slurp(pid_t pid, const char *name)
{
	char path[64];
	long len = 0, n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	return n < 0 ? -errno : len;
}

static void bytes(pid_t pid, const char *name)
{
	long n = slurp(pid, name);

	printf("%s: ", name);
	for (long i = 0; i < n && i < 200; i++)
		putchar(text[i] >= ' ' ? text[i] : '.');
	printf(" (%ld)\n", n);
}

/* Lines without the inode, and the file's directory. */
static void maps(pid_t pid)
{
	char range[64], perms[8], off[16], dev[16], name[256];
	unsigned long ino;
	long n = slurp(pid, "maps");

	printf("maps %s\n", n < 0 ? strerrorname_np((int)-n) : "");
	for (char *line = strtok(n > 0 ? text : NULL, "\n"); n > 0 && line; line = strtok(NULL, "\n")) {
		*name = '\0';
		sscanf(line, "%63s %7s %15s %15s %lu %255[^\n]", range, perms, off, dev, &ino, name);
		printf("  %s %s %s %s\n", range, perms, off, strrchr(name, '/') ? strrchr(name, '/') : name);
	}
}

static void status(pid_t pid)
{
	static const char *const lines[] = {"Name",   "Umask",	"VmPeak", "VmSize",  "VmLck",
					    "VmData", "VmStk",	"VmExe",  "Threads", "SigBlk",
					    "SigIgn", "SigCgt", "VmLib"};
	long n = slurp(pid, "status");

	printf("status %s\n", n < 0 ? strerrorname_np((int)-n) : "");
	for (char *line = strtok(n > 0 ? text : NULL, "\n"); n > 0 && line; line = strtok(NULL, "\n"))
		for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
			if (!strncmp(line, lines[i], strcspn(line, ":")))
				printf("  %s\n", line);
}

/* vsize, start_code, end_code, start_stack, start_data ... env_end: fields 23, 26 to 28, 45 to 51. */
static void stat_fields(pid_t pid)
{
	long n = slurp(pid, "stat");
	int nr = 3;

	printf("stat:");
	for (char *tok = strtok(n > 0 ? strrchr(text, ')') + 2 : NULL, " "); n > 0 && tok;
	     tok = strtok(NULL, " "), nr++)
		if (nr == 23 || (nr >= 26 && nr <= 28) || (nr >= 45 && nr <= 51))
			printf(" %s", tok);
	printf(" %s\n", n < 0 ? strerrorname_np((int)-n) : "");
}

static void links(pid_t pid)
{
	char path[64], to[256];
	DIR *d;
	struct dirent *de;
	struct stat st;
	long n;
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, to, sizeof(to) - 1);
	to[n < 0 ? 0 : n] = '\0';
	printf("exe %s %d", n < 0 ? strerrorname_np(errno) : strrchr(to, '/'), stat(path, &st));
	printf(" %d\n", open(path, O_RDONLY) >= 0);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (de = readdir(d)))
		count++;
	printf("fds %d", count);
	printf(" size %ld\n", stat(path, &st) ? -1 : (long)st.st_size);
	if (d)
		closedir(d);
}

static void everything(const char *what, pid_t pid)
{
	printf("== %s\n", what);
	bytes(pid, "comm");
	bytes(pid, "cmdline");
	bytes(pid, "environ");
	maps(pid);
	status(pid);
	stat_fields(pid);
	links(pid);
	slurp(pid, "limits");
	printf("limits: %.60s\n", strstr(text, "Max stack size"));
	printf("auxv: %ld\n", slurp(pid, "auxv"));
	bytes(pid, "personality");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char *p = mmap((void *)0x10000000, 4 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
	     c = 'g';
	int to[2], from[2], inherited;
	char line[64];
	pid_t pid;

	if (argc > 1) { /* the child, after execve */
		write(atoi(argv[1]), &c, 1);
		read(atoi(argv[2]), &c, 1);
		everything("the parent", getppid());
		return 3;
	}
	setenv("A_VARIABLE", "of the parent", 1);
	pipe(to);
	pipe(from);
	inherited = open("/proc/self/maps", O_RDONLY);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		char a[12], b[12];

		prctl(PR_SET_NAME, "a child");
		munmap(p + PAGE, PAGE);
		mmap((void *)0x30000000, 7 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		read(inherited, line, sizeof(line) - 1); /* still the parent's */
		lseek(inherited, 0, SEEK_SET);
		write(from[1], &c, 1);
		read(to[0], &c, 1);
		snprintf(a, sizeof(a), "%d", from[1]);
		snprintf(b, sizeof(b), "%d", to[0]);
		execle("/proc/self/exe", "another name", a, b, NULL, (char *[]){"B=of the child", NULL});
		_exit(1);
	}
	read(from[0], &c, 1);
	usleep(50000); /* until it waits */
	everything("forked", pid);
	write(to[1], &c, 1);
	read(from[0], &c, 1);
	usleep(50000);
	everything("after execve", pid);
	write(to[1], &c, 1);
	waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
	printf("zombie: maps %ld, cmdline %ld, status %d\n", slurp(pid, "maps"), slurp(pid, "cmdline"),
	       slurp(pid, "status") > 0);
	inherited = open((snprintf(line, sizeof(line), "/proc/%d/statm", pid), line), O_RDONLY);
	waitpid(pid, NULL, 0);
	SHOW(read(inherited, line, 10));
	SHOW(slurp(pid, "maps"));
	return 0;
}
