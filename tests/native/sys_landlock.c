// SPDX-License-Identifier: GPL-2.0-or-later
// Landlock: a ruleset, its rules, what it forbids afterwards, who inherits it.
#include "net.h"
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct beneath { unsigned long access; int fd; } __attribute__((packed));

static void tries(void)
{
	OK(close(open("in/f", O_RDONLY)));
	P(open("in/f", O_RDWR));
	P(open("out/f", O_RDONLY));
	P(open("out", O_RDONLY | O_DIRECTORY));
	P(S(unlink, "in/f"));
	P(S(mkdir, "in/d", 0755));
	P(S(access, "out/f", R_OK));
	P(S(truncate, "in/f", 0));
}

int main(void)
{
	struct { unsigned long fs, net, scoped; } attr = { 0x1fff, 0, 0 };
	struct beneath rule = { LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR, 0 };
	int rs, kept;

	mkdir("in", 0755);
	mkdir("out", 0755);
	close(file_of("in/f", 5));
	close(file_of("out/f", 5));
	kept = open("out/f", O_RDWR);
	if (S(landlock_create_ruleset, NULL, 0, 1) < 1) {
		puts(strerrorname_np(errno));
		return 0;
	}
	P(S(landlock_create_ruleset, NULL, 0, 1) > 2);
	P(S(landlock_create_ruleset, NULL, 0, 8));
	P(S(landlock_create_ruleset, &attr, 4, 0));
	P(S(landlock_create_ruleset, &attr, 8, 1));
	attr.fs = 1UL << 50;
	P(S(landlock_create_ruleset, &attr, 8, 0));
	attr.fs = 0;
	P(S(landlock_create_ruleset, &attr, 8, 0));
	attr.fs = 0x1fff;
	P((rs = S(landlock_create_ruleset, &attr, 8, 0)) >= 0);
	P(fcntl(rs, F_GETFD));
	rule.fd = open("in", O_PATH);
	P(S(landlock_add_rule, rs, 1, &rule, 0));
	P(S(landlock_add_rule, rs, 1, &rule, 1));
	P(S(landlock_add_rule, rs, 7, &rule, 0));
	P(S(landlock_add_rule, rule.fd, 1, &rule, 0));
	P(S(landlock_add_rule, 99, 1, &rule, 0));
	P(S(landlock_add_rule, rs, 1, NOWHERE, 0));
	rule.access = 0;
	P(S(landlock_add_rule, rs, 1, &rule, 0));
	rule.access = 1UL << 40;
	P(S(landlock_add_rule, rs, 1, &rule, 0));
	rule = (struct beneath){ 1, 99 };
	P(S(landlock_add_rule, rs, 1, &rule, 0));
	P(S(landlock_restrict_self, 99, 0));
	P(S(landlock_restrict_self, rs, 0x1000));
	fflush(stdout);
	if (!fork()) {
		setuid(65534);
		P(S(landlock_restrict_self, rs, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(S(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	tries();
	close(file_of("in/f", 5));
	rmdir("in/d");
	P(S(landlock_restrict_self, rs, 0));
	tries();
	P(S(read, kept, (char[5]){ 0 }, 5));
	P(open("/proc/self/maps", O_RDONLY) >= 0 || errno == EACCES);
	fflush(stdout);
	if (!fork()) {
		tries();
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
