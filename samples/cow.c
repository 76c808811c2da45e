// SPDX-License-Identifier: GPL-2.0-or-later
// cow: a private file mapping shows the file until the first write to a page; then that page is a copy.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

int main(void)
{
	char path[] = "/tmp/ulk-cow-XXXXXX";
	int fd = mkstemp(path);
	char *private, *shared;

	if (fd < 0 || unlink(path) || ftruncate(fd, 2 * PAGE) || pwrite(fd, "file", 4, 0) != 4 ||
	    pwrite(fd, "file", 4, PAGE) != 4)
		return 1;
	private = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (private == MAP_FAILED || shared == MAP_FAILED)
		return 1;
	printf("before:                    private %.4s|%.4s  file %.4s|%.4s\n", private, private + PAGE,
	       shared, shared + PAGE);
	memcpy(private, "mine", 4);
	printf("page 0 written privately:  private %.4s|%.4s  file %.4s|%.4s\n", private, private + PAGE,
	       shared, shared + PAGE);
	if (pwrite(fd, "new!", 4, 0) != 4 || pwrite(fd, "new!", 4, PAGE) != 4)
		return 1;
	printf("file written by pwrite():  private %.4s|%.4s  file %.4s|%.4s\n", private, private + PAGE,
	       shared, shared + PAGE);
	return strncmp(private, "mine", 4) || strncmp(private + PAGE, "new!", 4);
}
