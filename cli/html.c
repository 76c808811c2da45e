// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk maps --html: the page that shows a run's memory over time. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/cli.h"
#include "observe/picture.h"
#include "observe/timeline.h"

/* In a process of its own, which a SIGKILL may end. */
static void __attribute__((noreturn)) record(struct launch *l, struct timeline *tl)
{
	int status = launch_watch(l, timeline_sink(tl));

	if (!status)
		status = launch_look(l);
	if (!status) {
		memcalls_sync(l->observers.memory, launch_task(l));
		timeline_finish(tl, launch_task(l), l->at);
	}
	status = launch_free(l, status);
	fflush(NULL);
	_exit(status);
}

/* How the recording process ended, as wait(2) has it: the exit status, with a clause in *@ended when it was killed. */
static int recorded(const struct launch *l, int status, char ended[64])
{
	*ended = '\0';
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	snprintf(ended, 64, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)) ?: "?");
	cli_err("%s: killed by signal %d (%s)", l->argv[0], WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 0;
}

/* 0, or why not all of @out was written, where it can still be had: the stream forgets it. */
static int flush_page(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out))
		return 0;
	if (!errno) {
		clearerr(out);
		putc('\n', out);
		fflush(out);
	}
	return errno ? -errno : -EIO;
}

static int write_page(const struct launch *l, FILE *out, const struct timeline *tl, const char *ended)
{
	const struct picture_info info = {.argv = l->argv, .ended = ended};
	size_t size;
	const void *log = timeline_log(tl, &size);
	int err = picture_write(out, log, size, &info) ?: flush_page(out);

	if (fclose(out) && !err)
		err = -errno;
	/* Without a program the failure to load it was reported. */
	if (err && err != -ENODATA)
		cli_err("%s: %s", l->html, strerror(-err));
	return err ? EXIT_ULK : 0;
}

int launch_html(struct launch *l)
{
	struct timeline *tl = timeline_create();
	FILE *out = tl ? fopen(l->html, "we") : NULL;
	int status, wait_status;
	char ended[64];
	pid_t pid;

	if (!out) {
		cli_err("%s: %s", l->html, strerror(errno));
		timeline_free(tl);
		return launch_free(l, EXIT_ULK);
	}
	pid = fork();
	if (pid < 0) {
		cli_err("fork: %s", strerror(errno));
		return launch_free(l, EXIT_ULK);
	}
	if (!pid) {
		fclose(out);
		record(l, tl);
	}
	/* What the terminal sends is for the program; the page is still to be written. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		;
	status = recorded(l, wait_status, ended);
	wait_status = write_page(l, out, tl, ended);
	timeline_free(tl);
	return launch_free(l, status ?: wait_status);
}
