// SPDX-License-Identifier: GPL-2.0-or-later
// Output, dice, places, touches, and what /proc says.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>
#include "stream.h"

static char outbuf[1 << 16];
static size_t out_len;
static u64 dice;

// ---- output ----

void flush(void)
{
	size_t done = 0;

	while (done < out_len) {
		ssize_t n = write(1, outbuf + done, out_len - done);

		if (n <= 0)
			_exit(3);
		done += (size_t)n;
	}
	out_len = 0;
}

static void put(const char *s, size_t n)
{
	if (out_len + n > sizeof(outbuf))
		flush();
	memcpy(outbuf + out_len, s, n);
	out_len += n;
}

static void put_number(u64 v, unsigned base, int negative)
{
	char buf[24];
	int i = sizeof(buf);

	do {
		buf[--i] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative)
		buf[--i] = '-';
	put(buf + i, sizeof(buf) - (size_t)i);
}

void out(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(fmt, 1);
			continue;
		}
		fmt++;
		if (*fmt == 'x') {
			put_number(va_arg(ap, u64), 16, 0);
		} else if (*fmt == 'd') {
			long v = va_arg(ap, long);

			put_number(v < 0 ? -(u64)v : (u64)v, 10, v < 0);
		} else {
			const char *s = va_arg(ap, const char *);

			put(s, strlen(s));
		}
	}
	va_end(ap);
}

void result(long ret)
{
	if (ret < 0 && ret > -4096)
		out(" = %d\n", ret);
	else
		out(" = %x\n", (u64)ret);
}

long call(long nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	long ret = syscall(nr, a, b, c, d, e, f);

	return ret == -1 ? -errno : ret;
}

// ---- dice ----

void seed_dice(u64 seed)
{
	dice = seed * 0x9e3779b97f4a7c15UL + 0x1234567;
	for (int i = 0; i < 8; i++)
		rnd(2);
}

u64 rnd(u64 n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (dice >> 11) % n;
}

int chance(unsigned percent)
{
	return rnd(100) < percent;
}

// ---- places: small, so that operations meet ----

static struct {
	u64 start, pages;
} places[] = {
	{0x20000000, 48},               // far from everything
	{0x201fe000, 24},               // across a page table's edge, which is 2 MiB
	{0x7fff40000000 - 8 * PAGE, 16},// across a 1 GiB edge
	{0, 60},                        // the heap, above what the C library took
	{0, 240},                       // where the stack may grow to
};

#define NR_RECENT 8
static u64 recent[NR_RECENT];
u64 vvar;       // what is there changes with time

void setup_places(void)
{
	char here;

	places[3].start = ((u64)sbrk(0) + PAGE - 1) & -PAGE;
	places[4].start = ((u64)&here & -PAGE) - 300 * PAGE;
	vvar = (getauxval(AT_SYSINFO_EHDR) & -PAGE) - 16 * PAGE;
}

void remember(u64 addr)
{
	recent[now % NR_RECENT] = addr & -PAGE;
}

u64 some_addr(void)
{
	u64 which = rnd(100), addr, i;

	if (opt.mode == MODE_NARROW && which < 90)
		return places[1].start + rnd(12) * PAGE;
	if (opt.mode == MODE_HUGE && which < 50)
		return places[0].start + rnd(64) * (chance(50) ? 2UL << 20 : 130 * PAGE);
	if (which < 25) {
		i = rnd(NR_RECENT);
		which = rnd(7) * PAGE;
		addr = recent[i] + which - 3 * PAGE;
		if (recent[i] && (addr < vvar || addr >= 1UL << 47))
			return addr;
	}
	i = which < 62 ? 0 : which < 75 ? 1 : which < 82 ? 2 : which < 91 ? 3 : 4;
	addr = places[i].start + rnd(places[i].pages) * PAGE;
	if (chance(2)) {
		static const u64 odd[] = {0x7ffffffff000, 1UL << 47, 1UL << 63, -PAGE, 0x7ffffffff000 - (1UL << 40)};

		return odd[rnd(ARRAY_SIZE(odd))];
	}
	return chance(2) ? addr + 1 + rnd(PAGE - 1) : addr;
}

u64 some_len(void)
{
	u64 kind = rnd(100);

	if (kind < 2) {
		static const u64 odd[] = {0, -1UL, -PAGE, 1 - 2 * PAGE, 1UL << 47, 1UL << 63, 0x7ffffffff001};

		return odd[rnd(ARRAY_SIZE(odd))];
	}
	if (kind < 4)
		return rnd(20000);
	if (opt.mode == MODE_NARROW)
		return (1 + rnd(6)) * PAGE;
	if (opt.mode == MODE_HUGE && kind < 50)
		return (1 + rnd(12)) * (2UL << 20) - (chance(30) ? rnd(600) * PAGE : 0);
	if (kind < 7)
		return (2UL << 20) + rnd(600) * PAGE;
	if (kind < 9)
		return 2UL << 20 << rnd(3);
	return (1 + rnd(kind < 35 ? 24 : 5)) * PAGE;
}

u64 some_prot(void)
{
	static const u64 usual[] = {3, 3, 3, 3, 1, 0, 5, 7, 2, 4, 6};

	if (chance(1))
		return 1UL << (3 + rnd(20));
	return usual[rnd(ARRAY_SIZE(usual))];
}

u64 safe_len(u64 addr, u64 len)
{
	u64 top = places[4].start + places[4].pages * PAGE, end = addr + len;

	// Refused by the kernel whatever the address.
	if (end < addr)
		return len;
	if (len > 64UL << 20)
		len = 64UL << 20;
	end = addr + len;
	if (addr < 0x1000000 && end > 0x100000)
		return PAGE;
	if (addr >= 0x1000000 && addr < vvar && end > vvar)
		return vvar - addr;
	if (addr >= 0x1000000 && addr < top && end > top)
		return top - addr;
	return len;
}

// ---- touches ----

static sigjmp_buf fault_jump;
static volatile int fault_signo, fault_code;
static volatile u64 fault_addr;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	fault_signo = sig;
	fault_code = si->si_code;
	fault_addr = (u64)si->si_addr;
	siglongjmp(fault_jump, 1);
}

static char altstack[1 << 16];

// Which of its pages a frame reaches depends on the CPU's registers: none of that shall be a fault of the stream's.
void own_altstack(void)
{
	memset(altstack, 1, sizeof(altstack));
}

void setup_faults(void)
{
	stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)};
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	own_altstack();
	memset(outbuf, 1, sizeof(outbuf));
	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

// One access; the byte that was there, or the signal.
static int access_byte(u64 addr, char kind)
{
	volatile unsigned char *p = (unsigned char *)addr;
	volatile int byte = 0;

	if (sigsetjmp(fault_jump, 1)) {
		out("%s signal %d code %d at %x", kind == 'x' ? " x" : "", (long)fault_signo, (long)fault_code,
		    fault_addr);
		return -1;
	}
	if (kind == 'x') {
		((void (*)(void))addr)();
		out(" x");
	} else if (kind == 'w') {
		*p = 0xc3;
	} else {
		byte = *p;
		out(" %x", (u64)byte);
	}
	return byte;
}

void run_stub(u64 addr, unsigned value)
{
	volatile unsigned char *p = (unsigned char *)addr;
	const unsigned char code[6] = {0xb8, (unsigned char)value, (unsigned char)(value >> 8),
				       (unsigned char)(value >> 16), (unsigned char)(value >> 24), 0xc3};

	if (sigsetjmp(fault_jump, 1)) {
		out(" signal %d code %d at %x", (long)fault_signo, (long)fault_code, fault_addr);
		return;
	}
	for (unsigned i = 0; i < sizeof(code); i++)
		p[i] = code[i];
	out(" %x", (u64)((unsigned (*)(void))addr)());
}

int open_quiet(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		_exit(3);
	return fd;
}

u64 places_addr(void)
{
	extern char __executable_start, end;
	u64 size = (u64)(&end - &__executable_start);

	return chance(70) ? (u64)&__executable_start + rnd(size) : places[3].start - rnd(8 * PAGE);
}

void touch(void)
{
	u64 addr = some_addr() + rnd(4) * 64, kind = rnd(100), n = chance(25) ? 1 + rnd(20) : 1, step = 1 + rnd(3);
	char what = "rwx"[kind < 40 ? 0 : kind < 85 ? 1 : 2];
	// Writes at the top of the stack would be into this program's own.
	u64 limit = safe_len(addr, n * step * PAGE);

	out("%s %x +%d/%d:", what == 'r' ? "read" : what == 'w' ? "write" : "exec", addr, n, step);
	for (u64 off = 0; off < limit; off += step * PAGE) {
		if (what == 'w') {
			if (access_byte(addr + off, 'w') < 0)
				break;
		} else if (what == 'r') {
			if (access_byte(addr + off, 'r') < 0)
				break;
		} else {
			// A return instruction, or nothing that could be run.
			int byte = access_byte(addr + off, 'r');

			if (byte == 0xc3 || byte < 0)
				byte = access_byte(addr + off, 'x');
			if (byte < 0)
				break;
		}
	}
	out("\n");
}

// ---- what /proc says ----

static char text[1 << 18];

size_t read_text(char *text, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return len;
}

void own_buffers(void)
{
	flush();
	memset(outbuf, 1, sizeof(outbuf));
	memset(text, 1, sizeof(text));
	own_altstack();
}

// The maps without device and inode, which differ between two runs.
void print_maps(void)
{
	size_t len = read_text(text, sizeof(text), "/proc/self/maps");
	char *p = text, *end;

	for (; p < text + len; p = end + 1) {
		int field = 0;
		char *q = p;

		end = memchr(p, '\n', (size_t)(text + len - p));
		for (; q < end && field < 3; q++)
			field += *q == ' ';
		out("M ");
		put(p, (size_t)(q - p));
		for (; q < end && field < 5; q++)
			field += *q == ' ';
		while (q < end && *q == ' ')
			q++;
		put(q, (size_t)(end - q));
		put("\n", 1);
	}
}
