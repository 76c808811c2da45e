// SPDX-License-Identifier: GPL-2.0-or-later
/* What ulk knows of ioctl commands, and that it lets none through whose structure holds addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/input.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <linux/rtc.h>
#include <linux/sockios.h>
#include <linux/userfaultfd.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include "syscalls/ioctl.h"

static void is(u32 cmd, u8 kind, u16 size)
{
	struct ioctl_desc d = ioctl_describe(cmd);

	assert_int_equal(d.kind, kind);
	assert_int_equal(d.size, size);
}

static void known_commands(void **state)
{
	is(TCGETS, IOA_OUT, 36);
	is(TCSETSW, IOA_IN, 36);
	is(TIOCGWINSZ, IOA_OUT, 8);
	is(TIOCSCTTY, IOA_INT, 0);
	is(FIONBIO, IOA_IN, 4);
	is(FIONREAD, IOA_OUT, 4);
	is(SIOCGIFFLAGS, IOA_INOUT, 40);
	is(BLKGETSIZE64, IOA_OUT, 8);
	/* The number says long, the kernel stores an int. */
	is(FS_IOC_GETFLAGS, IOA_OUT, 4);
	is(TIOCGPTPEER, IOA_NEW_FD, 0);
	is(FICLONE, IOA_FD, 0);
}

static void flat_families_pass_by_number(void **state)
{
	is(RTC_RD_TIME, IOA_OUT, sizeof(struct rtc_time));
	is(_IOW('E', 0x90, int), IOA_IN, 4);
	is(_IO('E', 1), IOA_UNKNOWN, 0);
}

static void addresses_inside_do_not_pass(void **state)
{
	static const u32 cmds[] = {
		UFFDIO_COPY, KVM_SET_USER_MEMORY_REGION, VIDIOC_QBUF, PERF_EVENT_IOC_SET_FILTER, SIOCETHTOOL,
		SIOCDEVPRIVATE, SIOCWANDEV, 0x2285 /* SG_IO */, 0xc0185500 /* USBDEVFS_CONTROL */, TUNATTACHFILTER, EVIOCSFF,
		EVIOCGMASK, EVIOCSMASK, 0xdeadbeef, 0,
	};

	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
		assert_int_equal(ioctl_describe(cmds[i]).kind, IOA_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_commands),
		cmocka_unit_test(flat_families_pass_by_number),
		cmocka_unit_test(addresses_inside_do_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
