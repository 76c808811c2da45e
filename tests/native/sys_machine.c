// SPDX-License-Identifier: GPL-2.0-or-later
// uname under personalities, sysinfo, syslog, getrandom, memory of the machine; calls that end it: who may not.
#include "files.h"
#include <sys/klog.h>
#include <sys/personality.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void)
{
	static const unsigned long pers[] = { 0, UNAME26, PER_LINUX32, PER_LINUX32 | UNAME26, 0xffffffff };
	struct utsname u, v;
	struct sysinfo si, sj;
	char buf[300];

	for (int i = 0; i < 5; i++) {
		S(personality, pers[i] == 0xffffffff ? 0 : pers[i]);
		P(S(uname, &u));
		printf("%s %s %s %s\n", u.sysname, u.release, u.version, u.machine);
	}
	P(S(personality, 0xffffffff));
	P(S(personality, ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC));
	P(S(personality, 0xffffffff));
	P(S(personality, 1UL << 32 | 0x12345));
	P(S(personality, 0) == 0x12345);
	P(S(uname, NULL));
	S(uname, &v);
	P(S(sysinfo, &si));
	sysinfo(&sj);
	P(si.totalram == sj.totalram && si.mem_unit == 1 && si.uptime > 0 && si.procs > 0);
	P(S(getrandom, buf, 300, 0));
	P(S(getrandom, buf, 0, 0));
	P(S(getrandom, buf, 10, 1));
	P(S(getrandom, buf, 10, 2));
	P(S(getrandom, buf, 10, 4));
	P(S(getrandom, buf, 10, 6));
	P(S(getrandom, buf, 10, 8));
	P(S(getrandom, NOWHERE, 10, 0));
	P(S(getrandom, NULL, 0, 0));
	P(S(syslog, 10, NULL, 0) > 0);
	P(S(syslog, 3, NULL, 10));
	P(S(syslog, 3, buf, -1));
	P(S(syslog, 99, buf, 10));
	P(S(syslog, 8, NULL, 9));
	P(S(sysfs, 3));
	P(S(sysfs, 9));
	P(S(ustat, 0xffff, buf));
	P(S(vhangup) >= -1);
	setgid(65534);
	setuid(65534);
	P(S(reboot, 0, 0, 0, NULL));
	P(S(init_module, NULL, 0, ""));
	P(S(finit_module, -1, "", 0));
	P(S(delete_module, "x", 0));
	P(S(kexec_load, 0, 0, NULL, 0));
	P(S(kexec_file_load, -1, -1, 0, NULL, 0));
	P(S(syslog, 5, NULL, 0));
	P(S(swapon, "x", 0));
	P(S(acct, NULL));
	P(S(sethostname, "x", 1));
	P(S(vhangup));
	P(S(mount, "a", "b", "c", 0, NULL));
	P(S(quotactl, 0x80000700, "/dev/null", 0, buf) < 0);
	P(S(lookup_dcookie, 0, buf, 10));
	P(S(set_thread_area, buf));
	return 0;
}
