// SPDX-License-Identifier: GPL-2.0-or-later
/* getrusage: faults of threads that live and that have ended, peak memory across execve and fork. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "show.h"
#include "touch.h"

static long faults(int who)
{
	struct rusage ru;

	getrusage(who, &ru);
	return ru.ru_minflt;
}

static long maxrss(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_maxrss;
}

static void *worker(void *arg)
{
	long before = faults(RUSAGE_THREAD);

	touch(1000);
	*(long *)arg = faults(RUSAGE_THREAD) - before;
	return NULL;
}

int main(int argc, char **argv)
{
	long before, thread = 0;
	pthread_t id;
	pid_t pid;
	int status;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		/* The new program of the same process still has the peak of the old one. */
		SHOW(maxrss() >= 8000 * 4);
		return 0;
	}
	faults(RUSAGE_SELF);
	before = faults(RUSAGE_SELF);
	touch(500);
	SHOW(faults(RUSAGE_SELF) - before);
	pthread_create(&id, NULL, worker, &thread);
	pthread_join(id, NULL);
	SHOW(thread);
	SHOW(faults(RUSAGE_SELF) - before >= 1500);
	SHOW(faults(RUSAGE_THREAD) - before < 1500);
	touch(8000);
	SHOW(maxrss() >= 8000 * 4);
	SHOW(maxrss() < 12000 * 4);
	pid = fork();
	if (!pid) {
		SHOW(maxrss() < 8000 * 4);
		SHOW(faults(RUSAGE_SELF) < 200);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	execl("/proc/self/exe", "proc_usage", "again", NULL);
	return 1;
}
