// SPDX-License-Identifier: GPL-2.0-or-later
// A controlling terminal: TIOCSCTTY, process groups, signals of keys, window size, background reads, hangup.
#include "net.h"
#include <sys/wait.h>
#include <termios.h>

static volatile int got[65];

static void on(int sig)
{
	got[sig]++;
}

static void told(const char *what)
{
	usleep(5000);
	printf("%s: int %d quit %d tstp %d winch %d ttou %d hup %d cont %d\n", what, got[SIGINT], got[SIGQUIT], got[SIGTSTP], got[SIGWINCH],
	       got[SIGTTOU], got[SIGHUP], got[SIGCONT]);
}

static void session(int m, const char *name)
{
	struct winsize w = { 24, 80, 0, 0 };
	int s, st, pid;
	char c;

	P(setsid() == getpid());
	s = open(name, O_RDWR | O_NOCTTY);
	P(open("/dev/tty", O_RDWR));
	P(ioctl(s, TIOCSCTTY, 0));
	P(ioctl(s, TIOCSCTTY, 0));
	OK(close(open("/dev/tty", O_RDWR)));
	P(tcgetpgrp(s) == getpgrp());
	P(tcgetsid(s) == getpid());
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGCHLD && sig != SIGTTIN)
			signal(sig, on);
	P(ioctl(s, TIOCSWINSZ, &w));
	told("size");
	P(ioctl(m, TIOCSWINSZ, &w));
	told("same size");
	w.ws_col = 132;
	P(ioctl(m, TIOCSWINSZ, &w));
	told("other size");
	write(m, "\003", 1);
	told("^C");
	write(m, "\034", 1);
	told("^\\");
	write(m, "\032", 1);
	told("^Z");
	P(ioctl(m, TIOCSIG, SIGINT));
	told("TIOCSIG");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		signal(SIGTTIN, SIG_DFL);
		read(s, &c, 1);
		_exit(1);
	}
	P(waitpid(pid, &st, WUNTRACED) == pid);
	printf("%x\n", st);
	P(tcsetpgrp(s, pid));
	P(tcgetpgrp(s) == pid);
	P(tcsetpgrp(s, 0x3ffffff));
	kill(-pid, SIGCONT);
	write(m, "x\n", 2);
	waitpid(pid, &st, 0);
	printf("%x\n", st);
	signal(SIGTTIN, SIG_IGN);
	P(read(s, &c, 1));
	struct termios t;
	tcgetattr(s, &t);
	fflush(stdout);
	signal(SIGTTOU, SIG_IGN);
	P(tcsetattr(s, TCSANOW, &t));
	P(tcsetpgrp(s, getpgrp()));
	signal(SIGTTIN, SIG_DFL);
	P(ioctl(s, TIOCNOTTY));
	told("given up");
	P(open("/dev/tty", O_RDWR));
	fflush(stdout);
}

int main(void)
{
	char name[64];
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), n = 0, st, pid;

	ioctl(m, TIOCSPTLCK, &(int){ 0 });
	ioctl(m, TIOCGPTN, &n);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	pid = fork();
	if (!pid) {
		session(m, name);
		_exit(3);
	}
	waitpid(pid, &st, 0);
	printf("%x\n", st);
	return 0;
}
