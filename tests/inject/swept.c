// SPDX-License-Identifier: GPL-2.0-or-later
/* For `ulk sweep': "hang" waits for ever when a write fails, "slow" takes its time, "files" does not look whether it could write. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void files(void)
{
	int fd = open("out", O_WRONLY | O_CREAT, 0666);

	if (fd < 0)
		exit(1);
	if (write(fd, "hello\n", 6) != 6)
		_exit(0);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "files")) {
		files();
		return 0;
	}
	if (!strcmp(what, "slow"))
		usleep(300000);
	for (int i = 0; i < (*what == 'h' ? 2 : 20); i++) {
		if (write(1, "x", 1) != 1 && !strcmp(what, "hang"))
			pause();
	}
	return 0;
}
