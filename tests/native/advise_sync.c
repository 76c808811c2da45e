// SPDX-License-Identifier: GPL-2.0-or-later
// readahead, fadvise64, sync_file_range, fsync and their like: arguments good and bad.
#include "files.h"

int main(void)
{
	int f = file_of("f", 20000), p[2], d = open(".", O_RDONLY), w = open("f", O_WRONLY), o = open("f", O_PATH);

	pipe(p);
	for (int a = -1; a < 8; a++)
		P(S(fadvise64, f, 0, 100, a));
	P(S(fadvise64, f, -1L, 100L, 0));
	P(S(fadvise64, f, 0, -1L, 0));
	P(S(fadvise64, p[0], 0, 0, 0));
	P(S(fadvise64, d, 0, 0, 0));
	P(S(fadvise64, o, 0, 0, 0));
	P(S(fadvise64, 99, 0, 0, 0));
	P(S(readahead, f, 0, 4096));
	P(S(readahead, f, -1L, 4096));
	P(S(readahead, w, 0, 4096));
	P(S(readahead, d, 0, 4096));
	P(S(readahead, p[0], 0, 4096));
	P(S(readahead, 99, 0, 4096));
	for (int fl = 0; fl < 9; fl++)
		P(S(sync_file_range, f, 0, 4096, fl));
	P(S(sync_file_range, f, -1L, 4096, 2));
	P(S(sync_file_range, f, 0, -1L, 2));
	P(S(sync_file_range, p[0], 0, 1, 2));
	P(S(sync_file_range, d, 0, 1, 2));
	P(S(fsync, f));
	P(S(fdatasync, f));
	P(S(fsync, p[1]));
	P(S(fsync, d));
	P(S(fsync, o));
	P(S(fsync, 99));
	P(S(syncfs, 99));
	P(S(syncfs, o));
	return 0;
}
