// SPDX-License-Identifier: GPL-2.0-or-later
/* What tests/libulk/escape.c runs within a root: every way to "secret", which lies beside it. Status: how many led there. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int out;

static void try(const char *how, int dir, const char *path)
{
	struct stat st;
	int fd = openat(dir, path, O_RDONLY);

	if (fd < 0 && fstatat(dir, path, &st, 0))
		return;
	printf("# out by %s (%s)\n", how, path);
	out++;
	close(fd);
}

int main(void)
{
	char path[512], text[300];
	ssize_t n;
	int dir;

	try("dots", AT_FDCWD, "../secret");
	try("many dots", AT_FDCWD, "../../../../../../../../../../../../secret");
	try("dots behind a name", AT_FDCWD, "/dir/../../secret");
	try("a link", AT_FDCWD, "/to_secret");
	try("a relative link", AT_FDCWD, "/up_to_secret");
	try("a link of /proc", AT_FDCWD, "/proc/self/root/../secret");
	try("a link of /proc", AT_FDCWD, "/proc/self/cwd/../secret");
	snprintf(path, sizeof(path), "/proc/%d/root/../secret", getpid());
	try("the same by number", AT_FDCWD, path);
	dir = open("/", O_RDONLY | O_DIRECTORY);
	try("a descriptor", dir, "../secret");
	dir = open("/proc/self/root", O_RDONLY | O_DIRECTORY);
	try("a descriptor of root", dir, "../secret");
	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d/../secret", fd);
		try("a descriptor's link", AT_FDCWD, path);
		try("a descriptor", fd, "../secret");
		try("a descriptor", fd, "secret");
	}
	/* Where the outside has its files, if this is its root: its own name for the secret is in the file "where". */
	dir = open("/where", O_RDONLY);
	n = read(dir, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	try("its own path", AT_FDCWD, text);
	for (int i = 0; i < 3; i++) {
		static const char *const roots[] = {"/proc/self/root", "/proc/thread-self/root", "/proc/self/task/%d/root"};
		char root[64];

		snprintf(root, sizeof(root), roots[i], getpid());
		snprintf(path, sizeof(path), "%s%s", root, text);
		try("the root of a link", AT_FDCWD, path);
		n = readlink(root, path, sizeof(path));
		if (n > 1) {
			printf("# %s tells more than /: %.*s\n", root, (int)n, path);
			out++;
		}
	}
	fflush(stdout);
	return out;
}
