// SPDX-License-Identifier: GPL-2.0-or-later
// Capabilities: versions, reading another's, dropping, what a dropped one forbids, setuid's effect, securebits.
#include "files.h"
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3 };
static struct __user_cap_data_struct d[2];

static void now(const char *what)
{
	S(capget, &h, d);
	printf("%s: eff %d prm %d inh %x\n", what, (d[0].effective & 1) != 0, (d[0].permitted & 1) != 0, d[0].inheritable);
}

int main(void)
{
	static const unsigned versions[] = { 0, 0x19980330, 0x20071026, 0x20080522, 5 };

	for (int i = 0; i < 5; i++) {
		struct __user_cap_header_struct v = { versions[i] };

		P(S(capget, &v, d));
		printf("%x\n", v.version);
		v.version = versions[i];
		P(S(capget, &v, NULL));
	}
	h.pid = 1;
	P(S(capget, &h, d));
	h.pid = -1;
	P(S(capget, &h, d));
	h.pid = 0x3fffff0;
	P(S(capget, &h, d));
	h.pid = 1;
	P(S(capset, &h, d));
	h.pid = 0;
	now("start");
	fflush(stdout);
	if (!fork()) {
		d[0].effective &= ~(1u << CAP_CHOWN | 1u << CAP_NET_BIND_SERVICE);
		P(S(capset, &h, d));
		now("dropped");
		close(file_of("f", 1));
		P(S(chown, "f", 5, 5));
		d[0].permitted &= ~1u;
		P(S(capset, &h, d));
		d[0].permitted |= 1u;
		P(S(capset, &h, d));
		d[0].permitted &= ~1u;
		d[0].effective |= 1u;
		P(S(capset, &h, d));
		d[0].effective = 0;
		d[0].inheritable = d[0].permitted & 0x400;
		P(S(capset, &h, d));
		now("inheritable");
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	if (!fork()) {
		P(S(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0));
		P(S(setuid, 65534));
		now("setuid, kept");
		P(S(prctl, PR_GET_KEEPCAPS, 0, 0, 0, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	if (!fork()) {
		P(S(prctl, PR_SET_SECUREBITS, 0x5, 0, 0, 0));
		P(S(prctl, PR_GET_SECUREBITS, 0, 0, 0, 0));
		P(S(prctl, PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0));
		P(S(prctl, PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0));
		P(S(setresuid, -1, 5, -1));
		now("seteuid");
		P(S(setresuid, -1, 0, -1));
		now("back");
		P(S(setfsuid, 5));
		P(S(setfsuid, -1));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
