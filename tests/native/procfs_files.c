// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every file of /proc/self and /proc/self/task/TID: the same names, the same modes, the same errors of open
 * for reading, writing and both, and the same content where that does not depend on the moment.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "show.h"

/* Content that two native runs agree on. */
static const char *const steady[] = {
	"auxv",		  "cgroup",	     "cmdline",
	"comm",		  "coredump_filter", "cpuset",
	"environ",	  "gid_map",	     "ksm_merging_pages",
	"limits",	  "loginuid",	     "mounts",
	"mountinfo",	  "mountstats",	     "oom_adj",
	"oom_score_adj",  "personality",     "projid_map",
	"sessionid",	  "setgroups",	     "stack",
	"timens_offsets", "timers",	     "timerslack_ns",
	"uid_map",	  "children",
};

static const char *const links[] = {"exe", "root"};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return 1;
	return 0;
}
#define IS_IN(name, list) is_in(name, list, sizeof(list) / sizeof(*(list)))

static void try_open(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_NONBLOCK | O_CLOEXEC);

	printf(" %s", fd < 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

static void content(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY);
	static unsigned char buf[65536];
	unsigned long sum = 0;
	long n, len = 0;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (long i = 0; i < n; i++)
			sum = sum * 31 + buf[i];
		if (!len && n < 200)
			for (long i = 0; i < n; i++)
				putchar(buf[i] >= ' ' && buf[i] < 127 ? buf[i] : '.');
		len += n;
	}
	printf(" [%ld bytes, %016lx]", len, strcmp(name, "auxv") ? sum : 0);
	if (n < 0)
		printf(" %s", strerrorname_np(errno));
	close(fd);
}

static void directory(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY);
	struct dirent **list;
	char target[256];
	struct stat st;
	int n = scandir(path, &list, NULL, by_name);

	printf("== %d\n", n);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		long len;

		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) {
			printf("%s: stat: %s\n", name, strerrorname_np(errno));
			continue;
		}
		printf("%s %o %d %ld %ld:", name, st.st_mode, list[i]->d_type, st.st_size,
		       S_ISDIR(st.st_mode) ? 0 : (long)st.st_nlink);
		try_open(dir, name, O_RDONLY);
		try_open(dir, name, O_WRONLY);
		try_open(dir, name, O_RDWR);
		if (IS_IN(name, steady))
			content(dir, name);
		if (IS_IN(name, links)) {
			len = readlinkat(dir, name, target, sizeof(target) - 1);
			target[len < 0 ? 0 : len] = '\0';
			printf(" -> %s", strrchr(target, '/') ? strrchr(target, '/') : target);
		}
		putchar('\n');
		free(list[i]);
	}
	free(list);
	close(dir);
}

int main(void)
{
	char path[64];

	directory("/proc/self");
	snprintf(path, sizeof(path), "/proc/self/task/%d", (int)syscall(SYS_gettid));
	directory(path);
	directory("/proc/thread-self");
	directory("/proc/self/ns");
	directory("/proc/self/attr");
	return 0;
}
