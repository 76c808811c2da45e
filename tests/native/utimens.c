// SPDX-License-Identifier: GPL-2.0-or-later
// Times of files: utimensat's special values, the older calls, who may.
#include "files.h"
#include <sys/time.h>
#include <sys/wait.h>
#include <utime.h>

static void times_of(const char *path)
{
	struct stat st;

	lstat(path, &st);
	printf("  %ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

int main(void)
{
	struct timespec ts[2] = { { 1000, 123456789 }, { 2000, 987654321 } };
	struct timeval tv[2] = { { 3000, 5 }, { 4000, 999999 } };
	struct stat st;
	int fd = file_of("f", 3);

	symlink("f", "s");
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	times_of("f");
	ts[0].tv_nsec = UTIME_OMIT;
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	times_of("f");
	ts[1].tv_nsec = UTIME_OMIT;
	P(S(utimensat, AT_FDCWD, "missing", ts, 0));
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	ts[0].tv_nsec = 1000000000;
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	ts[0].tv_nsec = -1;
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	ts[0] = (struct timespec){ -5, 7 };
	ts[1] = (struct timespec){ 1L << 33, 8 };
	P(S(utimensat, AT_FDCWD, "s", ts, AT_SYMLINK_NOFOLLOW));
	times_of("s");
	P(S(utimensat, AT_FDCWD, "s", ts, 0x1));
	P(S(utimensat, fd, NULL, ts, AT_SYMLINK_NOFOLLOW));
	P(S(utimes, "f", tv));
	times_of("f");
	tv[0].tv_usec = 1000000;
	P(S(utimes, "f", tv));
	tv[0].tv_usec = 5;
	P(S(futimesat, AT_FDCWD, "s", tv));
	P(S(futimesat, fd, NULL, tv));
	P(S(utime, "f", &(struct utimbuf){ 11, 22 }));
	times_of("f");
	ts[0] = (struct timespec){ 5, UTIME_NOW };
	ts[1] = (struct timespec){ 6, UTIME_OMIT };
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	stat("f", &st);
	printf("%d %ld\n", st.st_atim.tv_sec > 1000000, (long)st.st_mtim.tv_sec);
	fflush(stdout);
	if (!fork()) {
		chmod("f", 0666);
		setuid(65534);
		P(S(utimensat, AT_FDCWD, "f", NULL, 0));
		ts[1].tv_nsec = UTIME_NOW;
		P(S(utimensat, AT_FDCWD, "f", ts, 0));
		ts[1].tv_nsec = 5;
		P(S(utimensat, AT_FDCWD, "f", ts, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
