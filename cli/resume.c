// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk run --save-snapshot and --resume: a process in a file, to go on from there as often as one likes. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "cli/cli.h"

int load_snapshot(struct launch *l)
{
	int err = ulk_snapshot_load(l->machine, l->resume, NULL);

	l->path = l->resume;
	if (!err)
		return 0;
	cli_err("%s: %s", l->resume, ulk_machine_error(l->machine));
	return err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* A name that still leads there when the program has gone to another directory, which is this process's. NULL: errno. */
static char *absolute(const char *name)
{
	char *dir = *name == '/' ? strdup("") : getcwd(NULL, 0), *path = NULL;

	if (dir && asprintf(&path, "%s%s%s", dir, *name == '/' ? "" : "/", name) < 0)
		path = NULL;
	free(dir);
	return path;
}

/* The program's limit on the size of files is this process's by now, and not meant for the snapshot. A hard one stays: it is an error then,
 * not a signal. */
static void lift_file_limit(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	if (!setrlimit(RLIMIT_FSIZE, &limit) || getrlimit(RLIMIT_FSIZE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

int save_snapshot(struct launch *l)
{
	char *path = absolute(l->save);
	struct ulk_snapshot *s;
	int status;

	if (!path) {
		cli_err("--save-snapshot %s: %s", l->save, strerror(errno));
		return EXIT_ULK;
	}
	status = launch_look(l);
	lift_file_limit();
	if (!status && (ulk_snapshot(l->machine, NULL, &s) || ulk_snapshot_save(l->machine, s, path))) {
		cli_err("--save-snapshot %s: %s", l->save, ulk_machine_error(l->machine));
		status = EXIT_ULK;
	}
	free(path);
	/* What the program had still to say, it says when it goes on. */
	return launch_free(l, status);
}
