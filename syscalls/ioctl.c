// SPDX-License-Identifier: GPL-2.0-or-later
/* ioctl: the argument is brought into the host's form as the table says; the host does the work. */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/if.h>
#include <linux/ipv6_route.h>
#include <linux/route.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/files.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/ioctl.h"

/* Bound of variable-length arguments: extents of a file, ranges to deduplicate, interfaces. */
#define VARIABLE_MAX (4UL << 20)

static s64 ioctl_object(struct task_struct *t, const u64 *a, size_t size, bool out)
{
	struct host_obj obj;
	s64 ret;

	obj_get_copy(t, &obj, a[2], size, out);
	ret = HOST_AFTER_SIGNALS(t, SYS_ioctl, a[0], a[1], obj.host);
	return obj_put(t, &obj, ret, out && ret >= 0 ? size : 0);
}

static s64 clone_range(struct task_struct *t, const u64 *a)
{
	struct file_clone_range range;

	if (get_user(t->mm, range, a[2]))
		return HOST(SYS_ioctl, a[0], a[1], BAD_HOST_PTR);
	if (!fd_visible(t, (u64)range.src_fd))
		range.src_fd = CLOSED_FD;
	return HOST_WAIT(t, SYS_ioctl, a[0], a[1], &range);
}

/* A head with a count of records after it. */
static s64 with_records(struct task_struct *t, const u64 *a, size_t head, size_t record, u64 count)
{
	struct host_obj obj;
	u64 size;
	s64 ret;

	if (__builtin_mul_overflow(record, count, &size) || size > VARIABLE_MAX)
		return -EINVAL;
	size += head;
	obj_get_copy(t, &obj, a[2], size, true);
	if (record == sizeof(struct file_dedupe_range_info) && obj.copied && obj.good == size) {
		struct file_dedupe_range *range = obj.host;

		for (u64 i = 0; i < count; i++)
			if (!fd_visible(t, (u64)range->info[i].dest_fd))
				range->info[i].dest_fd = CLOSED_FD;
	}
	ret = HOST_WAIT(t, SYS_ioctl, a[0], a[1], obj.host);
	/* Of a fiemap the head is stored with an error of the file system's, too: EBADR says which flags are bad. */
	if (ret < 0)
		size = (ret == -EBADR || ret == -EINVAL) && record == sizeof(struct fiemap_extent) ? head : 0;
	return obj_put(t, &obj, ret, size);
}

static s64 dedupe_range(struct task_struct *t, const u64 *a)
{
	struct file_dedupe_range head;

	if (get_user(t->mm, head, a[2]))
		return HOST(SYS_ioctl, a[0], a[1], BAD_HOST_PTR);
	return with_records(t, a, sizeof(head), sizeof(head.info[0]), head.dest_count);
}

static s64 fiemap(struct task_struct *t, const u64 *a)
{
	struct fiemap head;

	if (get_user(t->mm, head, a[2]))
		return HOST(SYS_ioctl, a[0], a[1], BAD_HOST_PTR);
	return with_records(t, a, sizeof(head), sizeof(struct fiemap_extent), head.fm_extent_count);
}

/* { int len; char *buf }: interfaces as an array of struct ifreq; a NULL buf asks for the length. */
static s64 interfaces(struct task_struct *t, const u64 *a)
{
	struct ifconf conf;
	u64 buf;
	u8 *host = NULL;
	s64 ret;

	if (get_user(t->mm, conf, a[2]))
		return HOST(SYS_ioctl, a[0], a[1], BAD_HOST_PTR);
	buf = (u64)conf.ifc_buf;
	if (buf) {
		conf.ifc_len = conf.ifc_len < 0 ? 0 : min_t(int, conf.ifc_len, (int)VARIABLE_MAX);
		host = malloc((size_t)conf.ifc_len + 1);
		if (!host)
			return -ENOMEM;
	}
	conf.ifc_buf = (char *)host;
	ret = HOST(SYS_ioctl, a[0], a[1], &conf);
	if (ret >= 0 && host && copy_to_user(t->mm, buf, host, conf.ifc_len))
		ret = -EFAULT;
	if (ret >= 0 && put_user(t->mm, conf.ifc_len, a[2] + offsetof(struct ifconf, ifc_len)))
		ret = -EFAULT;
	free(host);
	return ret;
}

/* A route of IPv6 is flat; one of IPv4 may name its interface. */
static s64 route(struct task_struct *t, const u64 *a)
{
	char name[IFNAMSIZ];
	struct rtentry route;
	int domain = 0;
	u32 len = sizeof(domain);

	if (!HOST(SYS_getsockopt, a[0], SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_INET6)
		return ioctl_object(t, a, sizeof(struct in6_rtmsg), false);
	if (get_user(t->mm, route, a[2]))
		return HOST(SYS_ioctl, a[0], a[1], BAD_HOST_PTR);
	route.rt_dev = (char *)string_get(t, name, sizeof(name), (u64)route.rt_dev);
	return HOST(SYS_ioctl, a[0], a[1], &route);
}

static s64 ioctl_special(struct task_struct *t, const u64 *a)
{
	switch ((u32)a[1]) {
	case FICLONERANGE:
		return clone_range(t, a);
	case FIDEDUPERANGE:
		return dedupe_range(t, a);
	case FS_IOC_FIEMAP:
		return fiemap(t, a);
	case SIOCGIFCONF:
		return interfaces(t, a);
	case NS_MNT_GET_NEXT_CMD:
	case NS_MNT_GET_PREV_CMD:
		return fd_made(t, ioctl_object(t, a, 16, true));
	case SIOCADDRT:
	case SIOCDELRT:
		return route(t, a);
	default:
		return -ENOTTY;
	}
}

SYSCALL(ioctl)
{
	struct ioctl_desc d = ioctl_describe((u32)a[1]);
	s64 ret;

	if (special_ioctl(t, (int)a[0], (u32)a[1], a[2], &ret))
		return ret;

	switch (d.kind) {
	case IOA_INT:
		return HOST_AFTER_SIGNALS(t, SYS_ioctl, a[0], a[1], a[2]);
	case IOA_FD:
		return HOST_AFTER_SIGNALS(t, SYS_ioctl, a[0], a[1], fd_host(t, a[2]));
	case IOA_NEW_FD:
		return fd_made(t, HOST(SYS_ioctl, a[0], a[1], a[2]));
	case IOA_IN:
		return ioctl_object(t, a, d.size, false);
	case IOA_OUT:
	case IOA_INOUT:
		return ioctl_object(t, a, d.size, true);
	case IOA_SPECIAL:
		return ioctl_special(t, a);
	default:
		/* A descriptor that is not open (or a mere path) comes first; a harmless command tells. */
		if (HOST(SYS_ioctl, a[0], FIGETBSZ, BAD_HOST_PTR) == -EBADF)
			return -EBADF;
		pr_verbose(t->ulk, "ioctl 0x%x is not supported", (u32)a[1]);
		return -ENOTTY;
	}
}
