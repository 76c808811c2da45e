// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The code inside the crafted ELF files of malformed.py: a flat, position-independent blob that needs only
 * a stack. It prints /proc/self/maps, the layout fields of /proc/self/stat and what auxv says of the program,
 * then exits with 42.
 */
typedef unsigned long u64;

static long sys3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static void put(const char *s, long n)
{
	sys3(1, 1, (long)s, n);
}

static void number(const char *name, long name_len, u64 v)
{
	char text[40];
	int i = sizeof(text);

	text[--i] = '\n';
	do {
		text[--i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	put(name, name_len);
	put(text + i, sizeof(text) - i);
}

static void maps(void)
{
	char buf[4096];
	long fd = sys3(2, (long)"/proc/self/maps", 0, 0), n;

	while ((n = sys3(0, fd, (long)buf, sizeof(buf))) > 0)
		put(buf, n);
	sys3(3, fd, 0, 0);
}

static void stat_fields(void)
{
	char buf[1024];
	long fd = sys3(2, (long)"/proc/self/stat", 0, 0);
	long n = sys3(0, fd, (long)buf, sizeof(buf)), i = n, field = 2;

	while (i > 0 && buf[i - 1] != ')')
		i--;
	while (i < n) {
		long start = ++i;

		field++;
		while (i < n && buf[i] != ' ' && buf[i] != '\n')
			i++;
		if (field == 23 || (field >= 26 && field <= 28) || (field >= 45 && field <= 51)) {
			put("stat ", 5);
			put(buf + start, i - start);
			put("\n", 1);
		}
	}
	sys3(3, fd, 0, 0);
}

__attribute__((used)) static void start(u64 *sp)
{
	u64 *p = sp + 1;

	maps();
	stat_fields();
	while (*p++)
		;
	while (*p++)
		;
	for (; *p; p += 2) {
		if (*p == 3)
			number("phdr ", 5, p[1]);
		if (*p == 5)
			number("phnum ", 6, p[1]);
		if (*p == 7)
			number("base ", 5, p[1]);
		if (*p == 9)
			number("entry ", 6, p[1]);
	}
	number("argc ", 5, *sp);
	sys3(60, 42, 0, 0);
}

/* First in the blob, by payload.lds. */
__asm__(".pushsection .text.start, \"ax\", @progbits\n"
	"xor %ebp, %ebp\n"
	"mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call start\n"
	"ud2\n"
	".popsection");
