// SPDX-License-Identifier: GPL-2.0-or-later
// The operations: one memory call each, with arguments from the dice.
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>
#include "stream.h"

int files[NR_FILES];
const char *const file_names[NR_FILES] = {"rw", "ro", "wo", "shm", "memfd", "sealed"};
static char block[24 * PAGE];

// ---- files ----

static void fill(int fd, u64 from, u64 to)
{
	for (; from < to; from++) {
		block[0] = (char)0xc3;
		block[64] = (char)from;
		if (pwrite(fd, block, PAGE, (off_t)(from * PAGE)) != (ssize_t)PAGE)
			_exit(6);
	}
}

// What reading ahead brings into the page cache is the host's affair: the disk's file has no holes, and all of
// it is in the cache.
void fill_holes(void)
{
	u64 size = (u64)lseek(files[0], 0, SEEK_END);

	if (!(opt.avoid & AVOID_DISK))
		fill(files[0], 0, size / PAGE);
}

// What the host could reclaim of the file on the disk is its own affair, too, and so is what it then reads ahead. Where
// counters are compared, all of the file is in the cache again before the next operation.
void read_back(void)
{
	static char block[16 * PAGE];

	for (u64 off = 0; opt.accounting && !(opt.avoid & AVOID_DISK); off += sizeof(block)) {
		if (pread(files[0], block, sizeof(block), (off_t)off) <= 0)
			break;
	}
}

static int make_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_ALLOW_SEALING);

	if (fd < 0)
		_exit(6);
	fill(fd, 0, 20);
	return fd;
}

// In the directory given, or in memory under a name made from that of the directory.
static void file_path(char *path, int in_memory)
{
	const char *base = strrchr(opt.dir, '/');

	if (in_memory) {
		strcpy(path, "/dev/shm/ulk-mmdiff-");
		strcat(path, base ? base + 1 : opt.dir);
	} else {
		strcpy(path, opt.dir);
		strcat(path, "/file");
	}
}

static int open_file(int in_memory, int flags)
{
	char path[256];
	int fd;

	file_path(path, in_memory);
	if (flags & O_CREAT)
		unlink(path);
	fd = open(path, flags, 0666);
	if (fd < 0)
		_exit(6);
	if (flags & O_CREAT)
		fill(fd, 0, 20);
	return fd;
}

void setup_files(void)
{
	files[0] = open_file(opt.avoid & AVOID_DISK, O_RDWR | O_CREAT | O_EXCL);
	files[1] = open_file(opt.avoid & AVOID_DISK, O_RDONLY);
	files[2] = open_file(opt.avoid & AVOID_DISK, O_WRONLY);
	files[3] = open_file(1, O_RDWR | (opt.avoid & AVOID_DISK ? 0 : O_CREAT | O_EXCL));
	files[4] = make_memfd("one");
	files[5] = make_memfd("two");
}

// ---- the calls ----

static void op_mmap(void)
{
	u64 addr = chance(70) ? some_addr() : 0, len = some_len(), off = 0;
	u64 prot = some_prot(), flags = chance(72) ? MAP_PRIVATE : MAP_SHARED;
	int file = -1;
	long ret;

	if (chance(opt.mode == MODE_FILES ? 85 : 35)) {
		file = (int)rnd(NR_FILES);
		off = rnd(chance(50) ? 3 : FILE_PAGES) * PAGE;
		// In step with the address, so that neighbours fit.
		if (addr && chance(60))
			off = (addr / PAGE) % 64 * PAGE;
		if (chance(1))
			off = chance(50) ? -PAGE : 1 + rnd(5000);
		if (flags == MAP_SHARED && chance(20))
			flags = MAP_SHARED_VALIDATE;
	} else {
		flags |= MAP_ANONYMOUS;
	}
	if (addr && chance(65))
		flags |= chance(85) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	flags |= (chance(5) ? MAP_GROWSDOWN : 0) | (chance(3) ? MAP_STACK : 0) | (chance(6) ? MAP_NORESERVE : 0) |
		 (chance(8) ? MAP_POPULATE : 0) | (chance(3) ? MAP_32BIT : 0) | (chance(3) ? MAP_LOCKED : 0) |
		 (chance(1) ? MAP_NONBLOCK : 0) | (chance(1) ? MAP_DENYWRITE : 0) | (chance(1) ? 1UL << rnd(32) : 0);
	if (chance(1))
		flags = (flags & ~15UL) | 8;    // MAP_DROPPABLE
	if (flags & MAP_FIXED)
		len = safe_len(addr, len);
	// Neither huge pages nor their absence are of interest here.
	flags &= ~(u64)MAP_HUGETLB;
	out("mmap %x %x %x %x %s %x", addr, len, prot, flags, file < 0 ? "-" : file_names[file], off);
	ret = call(SYS_mmap, addr, len, prot, flags, (u64)(file < 0 ? -1 : files[file]), off);
	result(ret);
	if (ret > 0)
		remember((u64)ret);
}

static void op_munmap(void)
{
	u64 addr = some_addr(), len = safe_len(addr, some_len());

	out("munmap %x %x", addr, len);
	result(call(SYS_munmap, addr, len, 0, 0, 0, 0));
}

static void op_mprotect(void)
{
	u64 addr = some_addr(), len = safe_len(addr, some_len());
	u64 prot = some_prot() | (chance(5) ? PROT_GROWSDOWN : 0) | (chance(1) ? PROT_GROWSUP : 0);
	int key = chance(4);

	out("%s %x %x %x", key ? "pkey_mprotect" : "mprotect", addr, len, prot);
	if (key)
		result(call(SYS_pkey_mprotect, addr, len, prot, rnd(3) - 1, 0, 0));
	else
		result(call(SYS_mprotect, addr, len, prot, 0, 0, 0));
}

static void op_mremap(void)
{
	u64 addr = some_addr(), old_len = some_len(), new_len = chance(45) ? old_len : some_len();
	u64 flags = rnd(8), new_addr = chance(70) || flags & MREMAP_FIXED ? some_addr() : 0;
	long ret;

	if (chance(5))
		old_len = 0;
	if (chance(50))
		flags |= MREMAP_MAYMOVE;
	if (chance(1))
		flags |= 1UL << rnd(40);
	old_len = safe_len(addr, old_len);
	if (new_addr || flags & MREMAP_FIXED)
		new_len = safe_len(new_addr, new_len);
	out("mremap %x %x %x %x %x", addr, old_len, new_len, flags, new_addr);
	ret = call(SYS_mremap, addr, old_len, new_len, flags, new_addr, 0);
	result(ret);
	if (ret > 0)
		remember((u64)ret);
}

static void op_madvise(void)
{
	// 100 and 101 poison the host's memory for those who may.
	static const int advice[] = {0, 1, 2, 3, 4, 4, 4, 4, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
				     20, 21, 22, 22, 23, 23, 24, 25, 26, 5, 102, 102, 103, 104, -1};
	u64 addr = some_addr(), len = safe_len(addr, some_len());
	int what = advice[rnd(ARRAY_SIZE(advice))];

	if ((opt.avoid & AVOID_RECLAIM && what == 21) || (opt.avoid & AVOID_HUGE && (what == 14 || what == 25)))
		what = 4;
	out("madvise %x %x %d", addr, len, (long)what);
	result(call(SYS_madvise, addr, len, (u64)what, 0, 0, 0));
	if (what == 9)
		fill_holes();
	if (what == 21)
		read_back();
}

static void op_mlock(void)
{
	u64 addr = some_addr(), len = safe_len(addr, some_len()), what = rnd(100);

	if (what < 50) {
		u64 flags = chance(3) ? 2 : rnd(2);

		out("mlock2 %x %x %x", addr, len, flags);
		result(call(SYS_mlock2, addr, len, flags, 0, 0, 0));
	} else if (what < 94) {
		out("munlock %x %x", addr, len);
		result(call(SYS_munlock, addr, len, 0, 0, 0, 0));
	} else if (what < 97) {
		u64 flags = rnd(9);

		out("mlockall %x", flags);
		result(call(SYS_mlockall, flags, 0, 0, 0, 0, 0));
	} else {
		out("munlockall");
		result(call(SYS_munlockall, 0, 0, 0, 0, 0, 0));
	}
}

static void op_brk(void)
{
	static u64 start;
	u64 brk;

	if (!start)
		start = ((u64)sbrk(0) + PAGE - 1) & -PAGE;
	brk = start + rnd(chance(85) ? 40 * PAGE : 4UL << 20);
	if (chance(2))
		brk = chance(50) ? 0 : -PAGE;
	out("brk %x", brk);
	result(call(SYS_brk, brk, 0, 0, 0, 0, 0));
}

static void op_msync(void)
{
	u64 addr = some_addr(), len = some_len(), flags = rnd(9);

	out("msync %x %x %x", addr, len, flags);
	result(call(SYS_msync, addr, len, flags, 0, 0, 0));
}

static void op_mincore(void)
{
	static unsigned char vec[8192];
	u64 addr = some_addr(), len = some_len(), sum = 0, bad = chance(5) ? some_addr() : 0;
	long ret;

	// A result the length of the address space would not fit.
	if (len > 16UL << 20 && len <= 1UL << 47)
		len = 16UL << 20;
	if (len <= 16UL << 20)
		bad = safe_len(bad, len) == len ? bad : 0;
	ret = call(SYS_mincore, addr, len, bad ? bad : (u64)vec, 0, 0, 0);
	for (u64 i = 0; !ret && !bad && i < (len + PAGE - 1) / PAGE; i++)
		sum = sum * 3 + (vec[i] & 1);
	out("mincore %x %x %x %x", addr, len, bad, sum);
	result(ret);
}

static void op_remap_file_pages(void)
{
	u64 addr = some_addr(), len = some_len(), prot = chance(5), pgoff = rnd(FILE_PAGES);

	len = safe_len(addr, len);
	out("remap_file_pages %x %x %x %x", addr, len, prot, pgoff);
	result(call(SYS_remap_file_pages, addr, len, prot, pgoff, 0, 0));
}

static void op_name(void)
{
	static const char *const names[] = {"one", "two", "", "bad\\", "three words here",
					    "12345678901234567890123456789012345678901234567890123456789012345678901234567890"};
	u64 addr = some_addr(), len = safe_len(addr, some_len());
	const char *name = chance(20) ? NULL : names[rnd(chance(80) ? 2 : ARRAY_SIZE(names))];

	out("name %x %x %s", addr, len, name ? name : "-");
	result(call(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, addr, len, (u64)name, 0));
}

static void op_rlimit(void)
{
	static const int which[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK};
	int res = which[rnd(4)];
	char buf[256];
	struct rlimit lim;
	u64 vm = 0;
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf));

	close(fd);
	for (ssize_t i = 0; i < n && buf[i] != ' '; i++)
		vm = vm * 10 + (u64)(buf[i] - '0');
	getrlimit(res, &lim);
	if (chance(55))
		lim.rlim_cur = lim.rlim_max;
	else
		lim.rlim_cur = res == RLIMIT_STACK ? (1UL << 20) + rnd(3) * 1234 :
			       res == RLIMIT_MEMLOCK ? rnd(30) * PAGE : (vm + rnd(40)) * PAGE;
	out("rlimit %d %x", (long)res, (u64)lim.rlim_cur);
	result(call(SYS_setrlimit, (u64)res, (u64)&lim, 0, 0, 0, 0));
}

// Data through the kernel: into and out of whatever is mapped.
static void op_transfer(void)
{
	int file = (int)rnd(NR_FILES);
	u64 addr = some_addr() + (chance(50) ? rnd(PAGE) : 0), len = 1 + rnd(3 * PAGE), off = rnd(FILE_PAGES) * PAGE;
	u64 kind = rnd(100);
	struct iovec iov[3];

	if (opt.avoid & AVOID_WRITE)
		kind = kind < 70 ? 0 : 70;

	len = safe_len(addr, len);
	if (kind < 40) {
		out("pread %s %x %x %x", file_names[file], addr, len, off);
		result(call(SYS_pread64, (u64)files[file], addr, len, off, 0, 0));
	} else if (kind < 70) {
		out("pwrite %s %x %x %x", file_names[file], addr, len, off);
		result(call(SYS_pwrite64, (u64)files[file], addr, len, off, 0, 0));
	} else {
		for (int i = 0; i < 3; i++) {
			u64 base = some_addr() + (chance(30) ? rnd(PAGE) : 0);

			iov[i].iov_base = (void *)base;
			iov[i].iov_len = safe_len(base, rnd(2 * PAGE));
			out("%s %x+%x", i ? "," : kind < 85 ? "preadv" : "pwritev", base, (u64)iov[i].iov_len);
		}
		out(" %s %x", file_names[file], off);
		result(call(kind < 85 ? SYS_preadv : SYS_pwritev, (u64)files[file], (u64)iov, 3, off, 0, 0));
	}
}

static void op_truncate(void)
{
	int file = (int)rnd(NR_FILES);
	u64 size = rnd(FILE_PAGES) * PAGE + (chance(30) ? rnd(PAGE) : 0);

	if (in_child && opt.avoid & AVOID_CHILD)
		file = 1;       // read-only: refused
	out("ftruncate %s %x", file_names[file], size);
	result(call(SYS_ftruncate, (u64)files[file], size, 0, 0, 0, 0));
	fill_holes();
}

static void op_seal(void)
{
	u64 addr = some_addr(), len = safe_len(addr, some_len()), seals;

	// Only towards the end: what is sealed stays as it is.
	if (now > opt.ops - opt.ops / 20 && chance(60)) {
		out("mseal %x %x", addr, len);
		result(call(462, addr, len, chance(5), 0, 0, 0));
	} else if (chance(30) || opt.avoid & AVOID_SEAL) {
		close(files[5]);
		files[5] = make_memfd("two");
		out("memfd\n");
	} else {
		seals = chance(10) ? rnd(256) : 1UL << rnd(5);
		out("seals %x", seals);
		result(call(SYS_fcntl, (u64)files[5], F_ADD_SEALS, seals, 0, 0, 0));
	}
}

static const struct {
	unsigned weight, more;          /* in MODE_PLAIN; in the others */
	unsigned files;                 /* times as frequent in MODE_FILES */
	void (*run)(void);
} table[] = {
	{22, 22, 1, op_mmap}, {9, 9, 1, op_munmap}, {12, 12, 1, op_mprotect}, {10, 8, 1, op_mremap},
	{11, 11, 1, op_madvise}, {4, 4, 1, op_mlock}, {3, 3, 1, op_brk}, {2, 2, 2, op_msync}, {2, 4, 1, op_mincore},
	{2, 2, 2, op_remap_file_pages}, {2, 2, 1, op_name}, {2, 2, 1, op_rlimit}, {4, 4, 5, op_transfer},
	{2, 2, 5, op_truncate}, {1, 1, 8, op_seal}, {24, 24, 1, touch},
	{0, 3, 4, op_position}, {0, 2, 4, op_flags}, {0, 2, 1, op_process_vm}, {0, 2, 1, op_mem}, {0, 2, 1, op_pipe},
	{0, 3, 1, op_small}, {0, 1, 4, op_fallocate}, {0, 2, 1, op_process_madvise}, {0, 1, 1, op_set_mm},
	{0, 3, 1, op_stub}, {0, 2, 1, op_thread}, {0, 1, 1, op_keys}, {0, 4, 1, op_moves},
};

static unsigned weight(unsigned i)
{
	if (opt.mode == MODE_PLAIN)
		return table[i].weight;
	return table[i].more * (opt.mode == MODE_FILES ? table[i].files : 1);
}

void one_call(void)
{
	unsigned total = 0, i;
	u64 pick;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		total += weight(i);
	pick = rnd(total);
	for (i = 0; pick >= weight(i); i++)
		pick -= weight(i);
	table[i].run();
}
