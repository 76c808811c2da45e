// SPDX-License-Identifier: GPL-2.0-or-later
// Operations: data through the kernel, in every way there is, into and out of whatever is mapped.
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>
#include "stream.h"

static int mem_fd, pipe_fds[2];
static struct iovec vec[2][8];

void open_mem(void)
{
	close(mem_fd);
	mem_fd = open("/proc/self/mem", O_RDWR);
	if (mem_fd < 0)
		_exit(6);
}

void setup_io(void)
{
	mem_fd = -1;
	open_mem();
	if (pipe2(pipe_fds, O_NONBLOCK))
		_exit(6);
}

static u64 any_addr(void)
{
	return some_addr() + (chance(40) ? rnd(PAGE) : 0);
}

// A vector of buffers, some of them overlapping or next to each other.
static u64 make_vec(struct iovec *iov, u64 max)
{
	u64 n = 1 + rnd(max), base = 0, len = 0;

	for (u64 i = 0; i < n; i++) {
		if (i && chance(40))
			base += chance(50) ? len : len / 2;
		else
			base = any_addr();
		len = safe_len(base, rnd(chance(30) ? 100 : 2 * PAGE));
		iov[i] = (struct iovec){(void *)base, len};
		out("%s%x+%x", i ? "," : " ", base, len);
	}
	return n;
}

// At the file's position, which all operations and the children share.
void op_position(void)
{
	static const char *const names[] = {"read", "write", "readv", "writev"};
	static const long nrs[] = {SYS_read, SYS_write, SYS_readv, SYS_writev};
	int file = (int)rnd(NR_FILES), which = (int)rnd(4);
	u64 addr = any_addr(), len = safe_len(addr, 1 + rnd(3 * PAGE)), n;

	if (chance(40)) {
		u64 off = rnd(FILE_PAGES) * PAGE + (chance(30) ? rnd(PAGE) : 0);

		out("lseek %s %x,", file_names[file], off);
		call(SYS_lseek, (u64)files[file], off, chance(90) ? SEEK_SET : SEEK_END, 0, 0, 0);
	}
	if (which < 2) {
		out("%s %s %x %x", names[which], file_names[file], addr, len);
		result(call(nrs[which], (u64)files[file], addr, len, 0, 0, 0));
	} else {
		out("%s %s", names[which], file_names[file]);
		n = make_vec(vec[0], 6);
		result(call(nrs[which], (u64)files[file], (u64)vec[0], n, 0, 0, 0));
	}
	out("at %x\n", (u64)call(SYS_lseek, (u64)files[file], 0, SEEK_CUR, 0, 0, 0));
}

void op_flags(void)
{
	// Neither NOWAIT nor DONTCACHE: what they do depends on the host's other work.
	static const u64 flags[] = {0, 0, 2, 4, 0x10, 0x20, 0x30, 0x40, 0x100, 1UL << 31};
	int file = (int)rnd(NR_FILES), write = chance(50);
	u64 off = chance(20) ? -1UL : rnd(FILE_PAGES) * PAGE + rnd(2) * 77, flag = flags[rnd(ARRAY_SIZE(flags))], n;

	out("%s %s %x %x", write ? "pwritev2" : "preadv2", file_names[file], off, flag);
	n = make_vec(vec[0], 5);
	result(call(write ? SYS_pwritev2 : SYS_preadv2, (u64)files[file], (u64)vec[0], n, off, 0, flag));
}

void op_process_vm(void)
{
	int write = chance(50);
	u64 local, remote, pid = (u64)getpid();

	out("process_vm_%s", write ? "writev" : "readv");
	local = make_vec(vec[0], 3);
	out(" /");
	remote = make_vec(vec[1], 3);
	result(call(write ? SYS_process_vm_writev : SYS_process_vm_readv, pid, (u64)vec[0], local, (u64)vec[1], remote,
		    chance(2)));
}

// /proc/self/mem: the process's own, reaching what it may not write itself.
void op_mem(void)
{
	static char buf[3 * PAGE];
	u64 addr = any_addr(), len = safe_len(addr, 1 + rnd(sizeof(buf) - 1)), from = chance(60) ? (u64)buf : any_addr();
	int write = chance(50);

	if (in_child)
		return out("mem\n");
	if (from != (u64)buf)
		len = safe_len(from, len);
	memset(buf, (int)now, sizeof(buf));
	out("mem %s %x %x %s%x", write ? "write" : "read", addr, len, from == (u64)buf ? "" : "at ",
	    from == (u64)buf ? 0 : from);
	result(call(write ? SYS_pwrite64 : SYS_pread64, (u64)mem_fd, from, len, addr, 0, 0));
}

void op_pipe(void)
{
	u64 addr = any_addr(), len = safe_len(addr, 1 + rnd(3 * PAGE)), n;
	int write = chance(50), vector = chance(40);

	out("pipe %s", write ? "write" : "read");
	if (vector) {
		n = make_vec(vec[0], 5);
		result(call(write ? SYS_writev : SYS_readv, (u64)pipe_fds[write], (u64)vec[0], n, 0, 0, 0));
	} else {
		out(" %x %x", addr, len);
		result(call(write ? SYS_write : SYS_read, (u64)pipe_fds[write], addr, len, 0, 0, 0));
	}
}

// Calls that store or fetch something small, at the edge of what is mapped.
void op_small(void)
{
	u64 addr = some_addr() + (chance(60) ? PAGE - rnd(80) : rnd(PAGE)), what = rnd(9);

	if (safe_len(addr, 512) != 512)
		return out("small\n");
	out("small %d %x", (long)what, addr);
	switch (what) {
	case 0:
		result(call(SYS_getcwd, addr, 1 + rnd(300), 0, 0, 0, 0));
		break;
	case 1:
		result(call(SYS_uname, addr, 0, 0, 0, 0, 0));
		break;
	case 2:
		result(call(SYS_prlimit64, 0, RLIMIT_NICE, 0, addr, 0, 0));
		break;
	case 3:
		result(call(SYS_readlink, (u64)"/proc/self/exe", addr, 1 + rnd(300), 0, 0, 0));
		break;
	case 4:
		result(call(SYS_open, addr, O_RDONLY | O_DIRECTORY, 0, 0, 0, 0) < 0 ? -1 : 0);
		break;
	case 5:
		result(call(SYS_rt_sigprocmask, 0, 0, addr, 8, 0, 0));
		break;
	case 6:
		result(call(SYS_clock_getres, 1, addr, 0, 0, 0, 0));
		break;
	case 7:
		result(call(SYS_prctl, PR_GET_NAME, addr, 0, 0, 0, 0));
		break;
	default:
		result(call(SYS_poll, addr, 1 + rnd(20), 0, 0, 0, 0) == -14);
	}
}

void op_fallocate(void)
{
	static const u64 modes[] = {0, 1, 3, 0x10, 0x11, 8, 0x20, 2};
	int file = (int)rnd(NR_FILES);
	u64 mode = modes[rnd(ARRAY_SIZE(modes))], off = rnd(FILE_PAGES) * PAGE + rnd(2) * rnd(PAGE),
	    len = rnd(5 * PAGE);

	if (mode == 8 || mode == 0x20) {
		off &= -PAGE;
		len &= -PAGE;
	}
	out("fallocate %s %x %x %x", file_names[file], mode, off, len);
	result(call(SYS_fallocate, (u64)files[file], mode, off, len, 0, 0));
	fill_holes();
}
