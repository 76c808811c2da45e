// SPDX-License-Identifier: GPL-2.0-or-later
// Directories and names: mkdir, getdents, rename, link, unlink, symlink, readlink, getcwd, chdir.
#include "files.h"
#include <dirent.h>
#include <linux/fs.h>

struct dirent64_k {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, sorted, since the order is the file system's. */
static void list(const char *path, size_t room)
{
	char *names[2000], buf[32768];
	int fd = open(path, O_RDONLY | O_DIRECTORY), n = 0;
	long len;

	while ((len = S(getdents64, fd, buf, room)) > 0)
		for (long at = 0; at < len; at += ((struct dirent64_k *)(buf + at))->reclen) {
			struct dirent64_k *d = (void *)(buf + at);
			char *name = malloc(strlen(d->name) + 8);

			sprintf(name, "%s/%d", d->name, d->type);
			names[n++] = name;
		}
	printf("%s: %d, end %ld\n", path, n, len);
	qsort(names, n, sizeof(*names), by_name);
	for (int i = 0; i < n; i++) {
		printf(" %s", names[i]);
		free(names[i]);
	}
	printf("\n");
	close(fd);
}

static void dirs(void)
{
	char *p = pages(), name[32];
	int fd;

	P(S(mkdir, "d", 0751));
	P(S(mkdir, "d", 0751));
	P(S(mkdir, "d/e/f", 0751));
	P(S(mkdir, "", 0751));
	P(S(mkdir, NOWHERE, 0751));
	P(S(mkdirat, AT_FDCWD, "d/e", 0700));
	P(S(mkdirat, 99, "x", 0700));
	P(S(rmdir, "d"));
	P(S(rmdir, "none"));
	P(S(rmdir, "d/."));
	for (int i = 0; i < 100; i++) {
		sprintf(name, "d/file%d", i);
		close(creat(name, 0600));
	}
	list("d", 32768);
	list("d", 300);
	fd = open("d", O_RDONLY);
	P(S(getdents64, fd, p, 10));
	P(S(getdents64, fd, NOWHERE, 1000));
	P(S(getdents64, fd, KERNEL, 1000));
	P(S(getdents64, 99, p, 1000));
	P(S(getdents64, 0, p, 0));
	P(lseek(fd, 0, SEEK_SET));
	P(S(getdents, fd, p, 8000) > 0);
	P(lseek(fd, 0, SEEK_SET));
	P(S(getdents64, fd, p + 8192 - 200, 4000) > 0);
	close(fd);
	fd = open("d/file1", O_RDONLY);
	P(S(getdents64, fd, p, 1000));
	P(S(fchdir, fd));
	close(fd);
	list("/proc/self/fd", 32768);
	list("/proc/self/fd", 100);
	list("/proc/self/fdinfo", 4096);
}

static void cwd(void)
{
	char buf[5000], *base;
	long n = S(getcwd, buf, sizeof(buf));

	printf("getcwd %d\n", n == (long)strlen(buf) + 1);
	P(S(getcwd, buf, n - 1));
	P(S(getcwd, NOWHERE, 4096));
	P(S(getcwd, NULL, 0));
	P(S(chdir, "d/e"));
	S(getcwd, buf, sizeof(buf));
	base = strlen(buf) > 4 ? buf + strlen(buf) - 4 : buf;
	printf("%s\n", base);
	P(S(rmdir, "../e"));
	P(S(getcwd, buf, sizeof(buf)));
	P(S(open, "x", O_CREAT | O_RDWR, 0600));
	P(S(chdir, ".."));
	P(S(chdir, ".."));
	P(S(chdir, "d/file1"));
	P(S(chdir, "none"));
	P(S(chdir, NOWHERE));
	P(S(fchdir, 99));
}

static void names(void)
{
	char buf[100], *p = pages();

	close(creat("a", 0600));
	P(S(link, "a", "b"));
	P(S(link, "a", "b"));
	P(S(link, "none", "c"));
	P(S(link, "d", "c"));
	P(S(symlink, "a", "s"));
	P(S(symlink, "", "s2"));
	P(S(symlink, "x", "s"));
	P(S(symlink, NOWHERE, "s3"));
	P(S(linkat, AT_FDCWD, "s", AT_FDCWD, "s.link", 0));
	P(S(linkat, AT_FDCWD, "s", AT_FDCWD, "s.file", AT_SYMLINK_FOLLOW));
	P(S(linkat, AT_FDCWD, "s", AT_FDCWD, "s.x", 0x8000));
	P(S(symlinkat, "elsewhere", AT_FDCWD, "t"));
	P(S(readlink, "t", buf, sizeof(buf)));
	printf("%.9s\n", buf);
	P(S(readlink, "t", buf, 4));
	P(S(readlink, "t", buf, 0));
	P(S(readlink, "t", buf, -1));
	P(S(readlink, "a", buf, 10));
	P(S(readlink, "none", buf, 10));
	P(S(readlink, "t", NOWHERE, 10));
	P(S(readlink, "t", p + 8192 - 4, 10));
	P(S(readlinkat, AT_FDCWD, "t", buf, 10));
	P(S(readlinkat, 99, "t", buf, 10));
	P(S(rename, "a", "renamed"));
	P(S(rename, "a", "again"));
	P(S(rename, "d", "d/sub"));
	P(S(rename, "renamed", "d"));
	P(S(rename, "d", "renamed"));
	P(S(renameat, AT_FDCWD, "renamed", AT_FDCWD, "a"));
	P(S(renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
	P(S(renameat2, AT_FDCWD, "a", AT_FDCWD, "t", RENAME_EXCHANGE));
	P(S(readlink, "a", buf, sizeof(buf)));
	P(S(renameat2, AT_FDCWD, "a", AT_FDCWD, "t", 64));
	P(S(unlink, "d"));
	P(S(unlink, "none"));
	P(S(unlink, "b"));
	P(S(unlinkat, AT_FDCWD, "d", AT_REMOVEDIR));
	P(S(unlinkat, AT_FDCWD, "t", AT_REMOVEDIR));
	P(S(unlinkat, AT_FDCWD, "t", 1));
	P(S(unlinkat, AT_FDCWD, "t", 0));
	P(S(unlink, NOWHERE));
	list(".", 4096);
}

int main(void)
{
	close_range(3, ~0U, 0);
	umask(022);
	dirs();
	cwd();
	names();
	return 0;
}
