// SPDX-License-Identifier: GPL-2.0-or-later
/* User, group, process-group and session ids, capabilities: what is set is what is read back. */
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include "show.h"

static void print_ids(const char *when)
{
	unsigned r = 9, e = 9, s = 9;

	syscall(SYS_getresuid, &r, &e, &s);
	printf("%s: uid %u/%u/%u (%ld %ld)", when, r, e, s, syscall(SYS_getuid), syscall(SYS_geteuid));
	syscall(SYS_getresgid, &r, &e, &s);
	printf(" gid %u/%u/%u (%ld %ld)", r, e, s, syscall(SYS_getgid), syscall(SYS_getegid));
	printf(" dumpable %ld\n", (long)prctl(PR_GET_DUMPABLE));
}

static void print_caps(const char *when, unsigned version)
{
	struct __user_cap_header_struct hdr = {version, 0};
	struct __user_cap_data_struct data[2] = {{7, 7, 7}, {7, 7, 7}};

	SHOW(syscall(SYS_capget, &hdr, data));
	printf("%s: version %x effective %x %x permitted %x %x inheritable %x %x\n", when, hdr.version,
	       data[0].effective, data[1].effective, data[0].permitted, data[1].permitted,
	       data[0].inheritable, data[1].inheritable);
}

static void groups(void)
{
	unsigned list[8] = {0}, set[3] = {30, 10, 20};

	SHOW(syscall(SYS_setgroups, 3, set));
	SHOW(syscall(SYS_getgroups, 0, NULL));
	SHOW(syscall(SYS_getgroups, 2, list));
	SHOW(syscall(SYS_getgroups, -1, list));
	SHOW(syscall(SYS_getgroups, 8, list));
	printf("%u %u %u\n", list[0], list[1], list[2]);
	SHOW(syscall(SYS_getgroups, 8, 8));
	SHOW(syscall(SYS_setgroups, 3, 8));
	SHOW(syscall(SYS_setgroups, 70000, set));
	SHOW(syscall(SYS_setgroups, 0, NULL));
	SHOW(syscall(SYS_getgroups, 8, list));
}

int main(void)
{
	struct __user_cap_header_struct hdr = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}};

	setvbuf(stdout, NULL, _IONBF, 0);
	SHOW(syscall(SYS_getpid) == syscall(SYS_gettid));
	SHOW(syscall(SYS_getppid) > 0);
	SHOW(getpgid(0) == getpgid(getpid()));
	SHOW(getpgid(0) == getpgrp());
	SHOW(getpgid(-1));
	SHOW(getsid(0) == getsid(getpid()));
	SHOW(getsid(-1));
	SHOW(setpgid(0, -1));
	SHOW(setpgid(1, 0));
	SHOW(setpgid(0, 0));
	SHOW(getpgrp() == getpid());
	SHOW(setsid());
	print_ids("start");
	if (syscall(SYS_geteuid) != 0)
		return 0;
	print_caps("v3", _LINUX_CAPABILITY_VERSION_3);
	print_caps("v1", _LINUX_CAPABILITY_VERSION_1);
	print_caps("unknown", 0x1234);
	hdr.pid = -1;
	SHOW(syscall(SYS_capget, &hdr, none));
	hdr.pid = 0;
	SHOW(syscall(SYS_capget, &hdr, NULL));
	SHOW(syscall(SYS_capget, NULL, none));
	SHOW(syscall(SYS_capset, &hdr, NULL));
	groups();
	SHOW(syscall(SYS_setfsuid, 77));
	SHOW(syscall(SYS_setfsuid, -1));
	SHOW(syscall(SYS_setfsuid, 0));
	SHOW(syscall(SYS_setfsgid, 78));
	SHOW(syscall(SYS_setfsgid, 0));
	print_ids("after fsuid");
	SHOW(prctl(PR_SET_DUMPABLE, 1));
	SHOW(syscall(SYS_setresgid, 1, 2, 3));
	print_ids("setresgid");
	SHOW(syscall(SYS_setregid, -1, 1));
	SHOW(prctl(PR_SET_DUMPABLE, 1));
	SHOW(syscall(SYS_setreuid, -1, -1));
	print_ids("nothing changed");
	SHOW(syscall(SYS_setresuid, 1000, 1001, 0));
	print_ids("setresuid");
	SHOW(syscall(SYS_setuid, 55));
	SHOW(syscall(SYS_setuid, 0));
	print_ids("back to root");
	SHOW(prctl(PR_SET_KEEPCAPS, 1));
	SHOW(prctl(PR_GET_KEEPCAPS));
	SHOW(syscall(SYS_setuid, 1234));
	print_ids("setuid");
	print_caps("kept", _LINUX_CAPABILITY_VERSION_3);
	SHOW(syscall(SYS_capset, &hdr, none));
	print_caps("dropped", _LINUX_CAPABILITY_VERSION_3);
	SHOW(syscall(SYS_setuid, 0));
	SHOW(syscall(SYS_setgid, 0));
	SHOW(syscall(SYS_setgroups, 0, NULL));
	SHOW(syscall(SYS_setgroups, 3, 8));
	return 0;
}
