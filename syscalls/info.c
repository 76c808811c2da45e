// SPDX-License-Identifier: GPL-2.0-or-later
/* What machine this is, and random bytes: the host's. */
#include <linux/capability.h>
#include <linux/reboot.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/marshal.h"

#define UTS_NAME_MAX 64
#define MAX_RW_COUNT 0x7ffff000UL

SYSCALL(uname)
{
	/* Personalities that change the answer are put on the host for this one call. */
	u32 naming = t->personality & (UNAME26 | PER_MASK);
	struct utsname uts;
	s64 ret, host = 0;

	if (naming)
		host = HOST(SYS_personality, naming);
	ret = HOST(SYS_uname, &uts);
	if (naming)
		HOST(SYS_personality, host);
	return copy_result(t->mm, ret, a[0], &uts, sizeof(uts));
}

SYSCALL(sysinfo)
{
	struct sysinfo info;
	s64 ret = HOST(SYS_sysinfo, &info);
	struct timespec now;

	/* Memory and load are the moment's. */
	if (t->ulk->det && !task_clock(t, CLOCK_BOOTTIME, &now)) {
		info.uptime = now.tv_sec;
		info.loads[0] = info.loads[1] = info.loads[2] = 0;
		info.freeram = info.totalram / 2;
		info.sharedram = info.bufferram = 0;
		info.freeswap = info.totalswap;
		info.procs = 1;
	}

	return copy_result(t->mm, ret, a[0], &info, sizeof(info));
}

SYSCALL(getrandom)
{
	u64 buf = a[0], len = min_t(u64, a[1], MAX_RW_COUNT), done = 0;
	u8 chunk[1024];
	s64 ret = HOST(SYS_getrandom, chunk, 0, a[2]);

	if (ret < 0)
		return ret;
	if (!access_ok(buf, len))
		return -EFAULT;
	while (done < len) {
		size_t n = min_t(u64, len - done, sizeof(chunk)), left;

		if (t->ulk->det) {
			det_random(t->ulk, chunk, n);
			ret = (s64)n;
		} else {
			ret = HOST(SYS_getrandom, chunk, n, a[2]);
		}
		if (ret <= 0)
			return done ? (s64)done : ret;
		left = copy_to_user(t->mm, buf + done, chunk, (size_t)ret);
		done += (u64)ret - left;
		if (left)
			return done ? (s64)done : -EFAULT;
	}
	return (s64)done;
}

static s64 set_uts_name(struct task_struct *t, long nr, const u64 *a)
{
	char name[UTS_NAME_MAX];
	int len = (int)a[1];

	if (!host_capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > UTS_NAME_MAX)
		return -EINVAL;
	if (copy_from_user(t->mm, name, a[0], (size_t)len))
		return -EFAULT;
	return HOST(nr, name, len);
}

SYSCALL(sethostname)
{
	return set_uts_name(t, SYS_sethostname, a);
}

SYSCALL(setdomainname)
{
	return set_uts_name(t, SYS_setdomainname, a);
}

/* Read and size actions of syslog(2) go through a buffer of ours; the rest has no memory operand. */
#define SYSLOG_ACTION_READ	 2
#define SYSLOG_ACTION_READ_CLEAR 4
#define SYSLOG_MAX		 (1 << 20)

SYSCALL(syslog)
{
	int type = (int)a[0], len = (int)a[2];
	char *buf;
	s64 ret;

	if (type < SYSLOG_ACTION_READ || type > SYSLOG_ACTION_READ_CLEAR || !a[1] || len <= 0)
		return HOST(SYS_syslog, type, a[1] ? "" : NULL, len);
	if (!access_ok(a[1], (u64)len))
		return HOST(SYS_syslog, type, NULL, 0) == -EPERM ? -EPERM : -EFAULT;
	if (len > SYSLOG_MAX)
		len = SYSLOG_MAX;
	buf = malloc((size_t)len);
	if (!buf)
		return -ENOMEM;
	ret = HOST_BLOCKING(t, SYS_syslog, type, buf, len);
	ret = copy_result(t->mm, ret, a[1], buf, ret > 0 ? (size_t)ret : 0);
	free(buf);
	return ret;
}

/* A guest never restarts the machine ulk runs on, whatever it is allowed to. */
SYSCALL(reboot)
{
	u32 second = (u32)a[1];

	if (!host_capable(CAP_SYS_BOOT))
		return -EPERM;
	if ((u32)a[0] != LINUX_REBOOT_MAGIC1 ||
	    (second != LINUX_REBOOT_MAGIC2 && second != LINUX_REBOOT_MAGIC2A && second != LINUX_REBOOT_MAGIC2B &&
	     second != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	return -EPERM;
}

/* A guest loads neither modules nor a kernel. Who may not do so on the host, or on a host without them, is told so;
 * the arguments are such that nothing is ever done. */
static s64 not_from_here(s64 ret)
{
	return ret == -EPERM ? -EPERM : -ENOSYS;
}

SYSCALL(init_module)
{
	return not_from_here(HOST(SYS_init_module, BAD_HOST_PTR, 0, BAD_HOST_PTR));
}

SYSCALL(finit_module)
{
	return not_from_here(HOST(SYS_finit_module, -1, BAD_HOST_PTR, ~0U));
}

SYSCALL(delete_module)
{
	return not_from_here(HOST(SYS_delete_module, BAD_HOST_PTR, 0));
}

SYSCALL(kexec_load)
{
	return not_from_here(HOST(SYS_kexec_load, 0, ~0U, BAD_HOST_PTR, ~0U));
}

SYSCALL(kexec_file_load)
{
	return not_from_here(HOST(SYS_kexec_file_load, -1, -1, 0, BAD_HOST_PTR, ~0U));
}
