// SPDX-License-Identifier: GPL-2.0-or-later
/* execveat: programs and scripts by descriptor, by directory, through links; and where an interpreter finds them. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "show.h"

extern char **environ;

static const char *self;

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	write(fd, text, strlen(text));
	close(fd);
	chmod(name, mode);
}

/* In a child, so that what succeeds returns here. */
static void run(const char *label, int dirfd, const char *path, int flags)
{
	char *argv[] = {"zero", "one", NULL};
	int status;
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, dirfd, path, argv, environ, flags);
		printf("%s: %s\n", label, strerrorname_np(errno));
		_exit(99);
	}
	waitpid(pid, &status, 0);
	printf("%s: status %x\n", label, status);
}

static void shown(int argc, char **argv)
{
	const char *execfn = (const char *)getauxval(AT_EXECFN);
	char link[300];
	long n = readlink("/proc/self/exe", link, sizeof(link) - 1);

	link[n > 0 ? n : 0] = 0;
	printf("  execfn %s, exe %s, comm ", strcmp(execfn, self) ? execfn : "self", strstr(link, "memfd") ? link : strcmp(link, self) ? "else" : "self");
	for (int fd = open("/proc/self/comm", O_RDONLY); fd >= 0; fd = -1) {
		n = read(fd, link, sizeof(link));
		link[n - 1] = 0;
		puts(strcmp(link, "exec_fd") ? link : "its own");
		close(fd);
	}
	for (int i = 0; i < argc; i++)
		printf("  argv[%d] %s\n", i, strcmp(argv[i], self) ? argv[i] : "self");
}

int main(int argc, char **argv)
{
	char real[400], script[600], link[100];
	int fd, dir, mem;

	setvbuf(stdout, NULL, _IONBF, 0);
	self = getenv("SELF") ?: argv[0];
	if (getenv("SELF")) {
		shown(argc, argv);
		return 4;
	}
	realpath(argv[0], real);
	self = real;
	setenv("SELF", real, 1);
	mkdir("dir", 0755);
	symlink(real, "dir/link");
	symlink("/proc/self/exe", "dir/own");
	symlink("dir", "dirlink");
	snprintf(script, sizeof(script), "#!%s opt one\n", real);
	put("dir/script", script, 0755);
	put("dir/private", script, 0644);
	put("dir/text", "echo text\n", 0755);
	snprintf(script, sizeof(script), "#!dir/script more\n");
	put("dir/nested", script, 0755);
	dir = open("dir", O_RDONLY | O_DIRECTORY);

	run("by path", AT_FDCWD, real, 0);
	run("absolute, bad dirfd", 77, real, 0);
	run("in a directory", dir, "link", 0);
	run("link, not followed", dir, "link", AT_SYMLINK_NOFOLLOW);
	run("script, not followed", dir, "script", AT_SYMLINK_NOFOLLOW);
	run("through a link to /proc/self/exe", dir, "own", 0);
	run("script", AT_FDCWD, "dir/script", 0);
	run("script in a directory", dir, "script", 0);
	run("script of a script", AT_FDCWD, "dir/nested", 0);
	run("directory behind a link", AT_FDCWD, "dirlink/link", 0);
	run("no permission", dir, "private", 0);
	run("no format", dir, "text", 0);
	run("a directory", AT_FDCWD, "dir", 0);
	run("a directory, empty path", dir, "", AT_EMPTY_PATH);
	run("not a directory", AT_FDCWD, "dir/text/x", 0);
	run("empty path without the flag", dir, "", 0);
	run("cwd, empty path", AT_FDCWD, "", AT_EMPTY_PATH);
	fcntl(dir, F_SETFD, FD_CLOEXEC);
	run("in a close-on-exec directory", dir, "link", 0);
	run("script in a close-on-exec directory", dir, "script", 0);
	for (int i = 0; i < 4; i++) {
		static const char *what[] = {"descriptor", "close-on-exec", "O_PATH", "O_PATH close-on-exec"};

		snprintf(link, sizeof(link), "%s", what[i]);
		fd = open(real, (i & 2 ? O_PATH : O_RDONLY) | (i & 1 ? O_CLOEXEC : 0));
		run(link, fd, "", AT_EMPTY_PATH);
		run(link, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
		close(fd);
		fd = open("dir/script", (i & 2 ? O_PATH : O_RDONLY) | (i & 1 ? O_CLOEXEC : 0));
		snprintf(link, sizeof(link), "script by %s", what[i]);
		run(link, fd, "", AT_EMPTY_PATH);
		snprintf(link, sizeof(link), "/dev/fd/%d", fd);
		run("script by /dev/fd", AT_FDCWD, link, 0);
		close(fd);
	}
	fd = open("dir/link", O_PATH | O_NOFOLLOW);
	run("O_PATH of a link", fd, "", AT_EMPTY_PATH);
	close(fd);
	fd = open("dir/private", O_RDONLY);
	run("no permission, descriptor", fd, "", AT_EMPTY_PATH);
	close(fd);
	/* A memfd that is still open for writing, then sealed. */
	mem = memfd_create("program", 0);
	fd = open(real, O_RDONLY);
	for (long n; (n = read(fd, script, sizeof(script))) > 0;)
		write(mem, script, n);
	close(fd);
	run("memfd", mem, "", AT_EMPTY_PATH);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", mem);
	run("memfd by path", AT_FDCWD, link, 0);
	fd = open(link, O_RDONLY);
	close(mem);
	run("memfd, read-only", fd, "", AT_EMPTY_PATH);
	close(fd);
	/* Who has the program open for writing. */
	put("dir/busy", "#!/bin/true\n", 0755);
	fd = open("dir/busy", O_RDWR);
	run("being written", AT_FDCWD, "dir/busy", 0);
	close(fd);
	run("not any more", AT_FDCWD, "dir/busy", 0);
	return 0;
}
