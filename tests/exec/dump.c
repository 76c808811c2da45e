// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump: print what execve built: every word from argc to AT_NULL with its address, what the words point to,
 * every byte above them, the fields of /proc/self/stat and /proc/self/maps.
 *
 * Not shown, since they are the CPU's or random: AT_HWCAP, AT_HWCAP2, AT_MINSIGSTKSZ and the 16 bytes that
 * AT_RANDOM points to. No stdio: the program's own heap must not depend on how much it prints.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#ifdef BIG
/* Huge-page sized: such files are placed at other alignments. */
__attribute__((used)) static const char big_rodata[5 << 20] = {1};
__attribute__((used)) static char big_data[3 << 20] = {1};
#endif

static char out[1 << 16];
static size_t out_len;

static void flush(void)
{
	size_t done = 0;

	while (done < out_len) {
		ssize_t n = write(1, out + done, out_len - done);

		if (n <= 0)
			_exit(3);
		done += n;
	}
	out_len = 0;
}

static void putch(char c)
{
	if (out_len == sizeof(out))
		flush();
	out[out_len++] = c;
}

static void put(const char *s)
{
	while (*s)
		putch(*s++);
}

static void hex(uint64_t v)
{
	char digits[17];
	int i = 16;

	digits[i] = 0;
	do {
		digits[--i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	put(digits + i);
}

static uint64_t hash(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t h = 0xcbf29ce484222325;

	while (n--)
		h = (h ^ *b++) * 0x100000001b3;
	return h;
}

/* ADDRESS NAME VALUE */
static void word(const uint64_t *p, const char *name)
{
	hex((uintptr_t)p);
	put(" ");
	put(name);
	put(" ");
	hex(*p);
}

static void string(const uint64_t *p, const char *name)
{
	const char *s = (const char *)*p;

	word(p, name);
	put(" length ");
	hex(strlen(s));
	put(" hash ");
	hex(hash(s, strlen(s)));
	put("\n");
}

static size_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	buf[len] = 0;
	return len;
}

static char buf[1 << 18];

static void stat_fields(void)
{
	char *p;

	read_file("/proc/self/stat", buf, sizeof(buf));
	p = strrchr(buf, ')');
	for (int field = 3; p && *p; field++) {
		char *end;

		p += strspn(p, ") ");
		end = p + strcspn(p, " \n");
		if (field == 23 || (field >= 26 && field <= 28) || (field >= 45 && field <= 51)) {
			put("stat ");
			hex(field);
			put(" ");
			for (char *c = p; c < end; c++)
				putch(*c);
			put("\n");
		}
		p = *end == '\n' ? NULL : end;
	}
}

/* The bytes from the end of auxv to the top of the stack, 32 a line; long runs as hashes of 4 KiB. */
static void bytes(unsigned char *from, unsigned char *to, unsigned char *random)
{
	memset(random, 0, 16);
	while (from < to) {
		size_t step = to - from > 16384 ? 4096 : 32;

		if (step > (size_t)(to - from))
			step = to - from;
		hex((uintptr_t)from);
		put(" bytes ");
		if (step > 32) {
			hex(hash(from, step));
		} else {
			for (size_t i = 0; i < step; i++) {
				putch("0123456789abcdef"[from[i] >> 4]);
				putch("0123456789abcdef"[from[i] & 15]);
			}
		}
		put("\n");
		from += step;
	}
}

int main(int argc, char **argv, char **envp)
{
	uint64_t *p = (uint64_t *)argv - 1;
	unsigned char *random = NULL, *top = NULL;
	size_t n;

	(void)argc;
	(void)envp;
	n = read_file("/proc/self/maps", buf, sizeof(buf));
	for (char *line = buf; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char *end = strchr(line, '\n');

		if (end && end - line > 7 && !memcmp(end - 7, "[stack]", 7)) {
			uint64_t v = 0;

			for (char *c = strchr(line, '-') + 1; *c != ' '; c++)
				v = v * 16 + (*c <= '9' ? *c - '0' : *c - 'a' + 10);
			top = (unsigned char *)v;
		}
	}
	for (size_t i = 0; i < n; i++)
		putch(buf[i]);

	word(p++, "argc");
	put("\n");
	while (*p)
		string(p++, "argv");
	word(p++, "argv-end");
	put("\n");
	while (*p)
		string(p++, "envp");
	word(p++, "envp-end");
	put("\n");
	for (;; p += 2) {
		uint64_t type = p[0];

		if (type == AT_HWCAP || type == AT_HWCAP2 || type == 51) {
			hex((uintptr_t)p);
			put(" auxv ");
			hex(type);
			put(" (not shown)\n");
			continue;
		}
		word(p, "auxv");
		put(" ");
		hex(p[1]);
		put("\n");
		if (type == AT_EXECFN || type == AT_PLATFORM)
			string(p + 1, "string");
		if (type == AT_RANDOM)
			random = (unsigned char *)p[1];
		if (type == AT_NULL)
			break;
	}
	bytes((unsigned char *)(p + 2), top, random);
	stat_fields();

	n = read_file("/proc/self/comm", buf, sizeof(buf));
	put("comm ");
	put(buf);
	n = readlink("/proc/self/exe", buf, sizeof(buf) - 1);
	buf[n] = 0;
	put("exe ");
	put(buf);
	n = read_file("/proc/self/cmdline", buf, sizeof(buf));
	put("\ncmdline ");
	hex(n);
	put(" hash ");
	hex(hash(buf, n));
	n = read_file("/proc/self/auxv", buf, sizeof(buf));
	put("\nauxv ");
	hex(n);
	put("\n");
	flush();
	return 0;
}
