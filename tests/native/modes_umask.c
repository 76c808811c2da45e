// SPDX-License-Identifier: GPL-2.0-or-later
// umask, set-id bits, sticky directories: the modes that files really get.
#include "files.h"
#include <sys/wait.h>

static void mode_of(const char *path)
{
	struct stat st;

	if (!lstat(path, &st))
		printf("  %s %lo\n", path, (long)st.st_mode);
}

int main(void)
{
	P(S(umask, 0777) >= 0);
	P(S(umask, 01777777));
	P(S(umask, 027));
	close(S(open, "a", O_CREAT | O_WRONLY, 07777));
	mode_of("a");
	P(S(mkdir, "d", 07777));
	mode_of("d");
	P(S(mknod, "p", S_IFIFO | 06666, 0));
	mode_of("p");
	P(S(mknod, "r", 0666, 0));
	mode_of("r");
	P(S(mknod, "x", S_IFDIR | 0666, 0));
	P(S(mknod, "y", 0170000 | 0666, 0));
	P(S(chmod, "d", 02777));
	P(S(chown, "d", -1, 12));
	P(S(mkdir, "d/sub", 0755));
	mode_of("d/sub");
	close(open("d/file", O_CREAT | O_WRONLY, 0666));
	mode_of("d/file");
	P(S(chmod, "a", 06755));
	P(S(chown, "a", 5, -1));
	mode_of("a");
	P(S(chmod, "a", 02745));
	P(S(chown, "a", 6, 7));
	mode_of("a");
	chmod("a", 06777);
	fflush(stdout);
	if (!fork()) {
		int fd;

		chmod(".", 01777);
		setgid(9);
		setuid(9);
		fd = open("a", O_WRONLY);
		write(fd, "x", 1);
		mode_of("a");
		P(S(unlink, "r"));
		P(S(rename, "r", "q"));
		P(S(chmod, "r", 0777));
		P(S(chown, "a", 9, 9));
		P(S(mknod, "dev", S_IFCHR | 0600, 0x103));
		P(S(truncate, "r", 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(S(mknod, "dev", S_IFCHR | 0600, 0x103));
	mode_of("dev");
	unlink("dev");
	return 0;
}
