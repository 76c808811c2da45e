// SPDX-License-Identifier: GPL-2.0-or-later
/* A child that stops itself while it has its turn; the parent waits for that, lets it go on, and waits again. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status = 0, pid = fork();

	if (!pid) {
		raise(SIGSTOP);
		kill(getpid(), SIGSTOP);
		_exit(5);
	}
	for (int i = 0; i < 2; i++) {
		waitpid(pid, &status, WUNTRACED);
		printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
		kill(pid, SIGCONT);
	}
	waitpid(pid, &status, 0);
	printf("exit %d\n", WEXITSTATUS(status));
	return 0;
}
