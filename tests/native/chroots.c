// SPDX-License-Identifier: GPL-2.0-or-later
// chroot, chdir, fchdir, getcwd: a process with another root, and above it.
#include "files.h"
#include <sys/wait.h>

static void cwd(void)
{
	char buf[PATH_MAX];
	long n = S(getcwd, buf, sizeof(buf));

	const char *last = n < 0 ? "" : strrchr(buf, '/');

	if (strcmp(last, "/in") && strcmp(last, "/deep") && strcmp(last, "/"))
		last = "elsewhere";
	printf("  %s %s\n", n < 0 ? strerrorname_np(errno) : buf[0] == '(' ? "unreachable" : "ok", last);
}

int main(void)
{
	int up = open(".", O_RDONLY);

	mkdir("root", 0755);
	mkdir("root/in", 0755);
	mkdir("root/in/deep", 0755);
	close(file_of("root/file", 3));
	P(S(chdir, "root/in"));
	cwd();
	P(S(chdir, "../file"));
	P(S(chdir, "missing"));
	P(S(fchdir, up));
	P(S(chroot, "root/file"));
	P(S(chroot, "missing"));
	fflush(stdout);
	if (!fork()) {
		P(S(chroot, "root"));
		P(S(access, "/file", F_OK));
		P(S(access, "/proc", F_OK));
		P(S(access, "root", F_OK));
		cwd();
		P(S(chdir, "/in/deep"));
		cwd();
		P(S(chdir, "/.."));
		cwd();
		P(S(access, "../../../file", F_OK));
		P(S(fchdir, up));
		cwd();
		P(S(access, "root/file", F_OK));
		P(S(chdir, "/in"));
		rmdir("/in/deep");
		P(S(rmdir, "/in"));
		cwd();
		P(S(mkdir, "x", 0755));
		setuid(5);
		P(S(chroot, "/"));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(S(access, "root/file", F_OK));
	P(S(getcwd, NULL, 0));
	P(S(getcwd, (char[2]){ 0 }, 2));
	return 0;
}
