// SPDX-License-Identifier: GPL-2.0-or-later
/* Directories for runs of `ulk sweep --in'. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/sweep.h"

u64 hash_bytes(u64 hash, const void *p, size_t n)
{
	for (const u8 *b = p; n--; b++)
		hash = (hash ^ *b) * 0x100000001b3;
	return hash;
}

int tree_copy(const char *from, char *to)
{
	char source[4096], *argv[] = {"cp", "-a", "--", source, to, NULL};
	int status;
	pid_t pid;

	snprintf(to, 40, "/tmp/ulk-sweep-XXXXXX");
	if (snprintf(source, sizeof(source), "%s/.", from) >= (int)sizeof(source))
		return -ENAMETOOLONG;
	if (!mkdtemp(to))
		return -errno;
	if (posix_spawnp(&pid, "cp", NULL, NULL, argv, environ) || waitpid(pid, &status, 0) < 0 || status) {
		tree_remove(to);
		return -EIO;
	}
	return 0;
}

static u64 hash_file(u64 hash, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[16384];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		hash = hash_bytes(hash, buf, (size_t)n);
	if (fd >= 0)
		close(fd);
	return hash;
}

/* Names, modes and contents; a sum, for directories have no order. */
u64 tree_hash(const char *dir)
{
	char *paths[] = {(char *)dir, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	u64 sum = 0;
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		u64 h = hash_bytes(HASH_SEED, e->fts_path + strlen(dir), strlen(e->fts_path) - strlen(dir));

		if (e->fts_info == FTS_D || !e->fts_level)
			continue;
		h = hash_bytes(h, &e->fts_statp->st_mode, sizeof(e->fts_statp->st_mode));
		sum += e->fts_info == FTS_F ? hash_file(h, e->fts_path) : h;
	}
	if (fts)
		fts_close(fts);
	return sum;
}

void tree_remove(const char *dir)
{
	char *paths[] = {(char *)dir, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		if (e->fts_info == FTS_D)
			chmod(e->fts_accpath, 0700);
		else if (e->fts_info == FTS_DP)
			rmdir(e->fts_accpath);
		else
			unlink(e->fts_accpath);
	}
	if (fts)
		fts_close(fts);
}
