// SPDX-License-Identifier: GPL-2.0-or-later
// RLIMIT_FSIZE: SIGXFSZ and EFBIG from write, truncate, fallocate; partial writes at the limit.
#include "files.h"
#include <sys/resource.h>

static volatile int signals;

static void on(int sig)
{
	signals++;
}

int main(void)
{
	static char buf[8192];
	int fd = open("f", O_RDWR | O_CREAT, 0644), out, src = file_of("src", 8192), p[2];
	struct stat st;

	signal(SIGXFSZ, on);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 5000, 1 << 20 });
	P(S(write, fd, buf, 4000));
	P(S(write, fd, buf, 4000));
	P(S(write, fd, buf, 1));
	printf("%d\n", signals);
	P(S(pwrite64, fd, buf, 10, 4995));
	P(S(pwrite64, fd, buf, 10, 6000));
	P(S(ftruncate, fd, 5001));
	P(S(truncate, "f", 5000));
	P(S(fallocate, fd, 0, 0, 6000));
	printf("%d\n", signals);
	out = open("out", O_RDWR | O_CREAT, 0644);
	P(S(sendfile, out, src, 0, 8192));
	P(S(sendfile, out, src, 0, 8192));
	P(S(copy_file_range, src, &(loff_t){ 0 }, out, &(loff_t){ 4000 }, 3000, 0));
	P(S(copy_file_range, src, &(loff_t){ 0 }, out, &(loff_t){ 5000 }, 3000, 0));
	printf("%d\n", signals);
	pipe(p);
	P(S(write, p[1], buf, 8192));
	P(S(splice, p[0], 0, out, 0, 100, 0));
	printf("%d\n", signals);
	fstat(fd, &st);
	printf("%ld\n", (long)st.st_size);
	signal(SIGXFSZ, SIG_IGN);
	P(S(pwrite64, fd, buf, 1, 5000));
	return 0;
}
