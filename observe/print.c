// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of strace's notation: numbers with names, bits, strings, signals. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "observe/decode.h"
#include "observe/xlat.h"

/* May the program itself read all of it? A tracer's process_vm_readv() is asked the same. */
static bool readable(struct mm_struct *mm, u64 addr, size_t n)
{
	bool ok = n <= TASK_SIZE_MAX && addr <= TASK_SIZE_MAX - n;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (u64 at = addr; ok && at < addr + n;) {
		const struct vm_area_struct *vma = vma_lookup(mm, at);

		ok = vma && (vma->vm_flags & VM_ACCESS_FLAGS);
		at = vma ? vma->vm_end : at;
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return ok;
}

bool peek(const struct tcb *c, u64 addr, void *buf, size_t n)
{
	return c->t->mm && readable(c->t->mm, addr, n) && mm_peek(c->t->mm, addr, buf, n) == n;
}

void keep_entry_values(struct tcb *c)
{
	for (unsigned i = 0; c->call && i < c->call->nr_args; i++) {
		const u8 keep = c->call->arg[i].keep;

		if (keep && !peek(c, c->a[i] + keep - 1, &c->kept, sizeof(c->kept)))
			c->kept = 0;
	}
}

void put_addr(struct tcb *c, u64 addr)
{
	if (addr)
		fprintf(c->out, "0x%lx", addr);
	else
		fputs("NULL", c->out);
}

void put_aux(struct tcb *c, const char *fmt, ...)
{
	size_t used = strlen(c->aux);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->aux + used, sizeof(c->aux) - used, fmt, ap);
	va_end(ap);
}

/* ---- strings ---- */

static void put_char(FILE *out, u8 ch, u8 next)
{
	static const char escapes[] = "\t\n\v\f\r", letters[] = "tnvfr";
	const char *p = ch ? strchr(escapes, ch) : NULL;

	if (p)
		fprintf(out, "\\%c", letters[p - escapes]);
	else if (ch == '"' || ch == '\\')
		fprintf(out, "\\%c", ch);
	else if (isprint(ch))
		putc(ch, out);
	else if (next >= '0' && next <= '7')
		fprintf(out, "\\%03o", ch);
	else
		fprintf(out, "\\%o", ch);
}

void put_quoted(FILE *out, const u8 *p, size_t n, bool hex)
{
	putc('"', out);
	for (size_t i = 0; i < n; i++) {
		if (hex)
			fprintf(out, "\\x%02x", p[i]);
		else
			put_char(out, p[i], i + 1 < n ? p[i + 1] : 0);
	}
	putc('"', out);
}

/* Between quotes; in hexadecimal if -x says so: @hex does always. */
static void quote(struct tcb *c, const u8 *p, size_t n, bool hex)
{
	hex = hex || c->hex_strings == 2;
	for (size_t i = 0; c->hex_strings == 1 && !hex && i < n; i++)
		hex = p[i] > 0x7e || (p[i] < ' ' && !(p[i] >= '\t' && p[i] <= '\r'));
	put_quoted(c->out, p, n, hex);
}

void put_string(struct tcb *c, const void *s, size_t n)
{
	size_t shown = n > c->strlen_max ? c->strlen_max : n;

	quote(c, s, shown, false);
	if (shown < n)
		fputs("...", c->out);
}

/* At most @max bytes and the NUL of the string at @addr; the length, or -1 when it cannot be read. */
static ssize_t peek_string(const struct tcb *c, u64 addr, char *buf, size_t max, bool *whole)
{
	size_t done = 0;

	*whole = false;
	while (done < max) {
		size_t step = min_t(size_t, max - done, PAGE_SIZE - ((addr + done) & ~PAGE_MASK));
		char *nul;

		if (!peek(c, addr + done, buf + done, step))
			return -1;
		nul = memchr(buf + done, '\0', step);
		if (nul) {
			*whole = true;
			return nul - buf;
		}
		done += step;
	}
	return (ssize_t)done;
}

void put_user_string(struct tcb *c, u64 addr, size_t max)
{
	size_t room = max + 1;
	char *buf = addr ? calloc(1, room) : NULL;
	ssize_t n;
	bool whole;

	if (!buf) {
		put_addr(c, addr);
		return;
	}
	n = peek_string(c, addr, buf, room, &whole);
	if (n < 0)
		put_addr(c, addr);
	else
		quote(c, (u8 *)buf, min_t(size_t, (size_t)n, max), false);
	if (n >= 0 && !whole)
		fputs("...", c->out);
	free(buf);
}

void put_user_bytes(struct tcb *c, u64 addr, u64 n, bool hex)
{
	size_t shown = min_t(size_t, n, c->strlen_max);
	u8 *buf = addr ? malloc(shown + 1) : NULL;

	if (!buf || !peek(c, addr, buf, shown)) {
		put_addr(c, addr);
	} else {
		quote(c, buf, shown, hex);
		if (n > shown)
			fputs("...", c->out);
	}
	free(buf);
}

void put_extra(struct tcb *c, u64 addr, u64 known, u64 size)
{
	u8 buf[256];

	if (size <= known)
		return;
	if (size > PAGE_SIZE || !peek(c, addr + known, buf, min_t(u64, size - known, sizeof(buf)))) {
		fputs(", ???", c->out);
		return;
	}
	for (u64 k = 0; k < size - known && k < sizeof(buf); k++) {
		if (!buf[k])
			continue;
		fprintf(c->out, ", /* bytes %lu..%lu */ ", known, size - 1);
		put_user_bytes(c, addr + known, size - known, true);
		return;
	}
}

/* ---- names ---- */

const char *xlat_name(const struct xlat *names, u64 value)
{
	for (; names->name; names++) {
		if (names->value == value)
			return names->name;
	}
	return NULL;
}

void put_val(struct tcb *c, u64 value, const struct xlat *names, const char *dflt)
{
	const char *name = xlat_name(names, value);

	if (name)
		fputs(name, c->out);
	else if (dflt)
		fprintf(c->out, "%#lx /* %s */", value, dflt);
	else
		fprintf(c->out, "%#lx", value);
}

void put_flags(struct tcb *c, u64 flags, const struct xlat *names, const char *dflt)
{
	const char *sep = "";
	u64 all = flags;

	for (; names->name; names++) {
		if (!names->value && !all) {
			fputs(names->name, c->out);
			return;
		}
		if (names->value && (flags & names->value) == names->value) {
			fprintf(c->out, "%s%s", sep, names->name);
			flags &= ~names->value;
			sep = "|";
		}
	}
	if (!all)
		putc('0', c->out);
	else if (flags && *sep)
		fprintf(c->out, "|%#lx", flags);
	else if (flags)
		put_val(c, flags, names, dflt);
}

const char *errno_name(int err)
{
	/* The C library's table, whose two synonyms it resolves as the kernel's headers do. */
	return strerrorname_np(err);
}

const char *signal_name(int sig, char buf[16])
{
	/* Of SIGIO's two names the C library picks the other one. */
	const char *abbrev = sig == SIGIO ? "IO" : sig > 0 && sig < 32 ? sigabbrev_np(sig) : NULL;

	if (abbrev)
		snprintf(buf, 16, "SIG%s", abbrev);
	else if (sig == 32)
		strcpy(buf, "SIGRTMIN");
	else if (sig > 32 && sig <= ULK_NSIG)
		snprintf(buf, 16, "SIGRT_%d", sig - 32);
	else
		snprintf(buf, 16, "%d", sig);
	return buf;
}

void put_signal(struct tcb *c, int sig)
{
	char buf[16];

	fputs(signal_name(sig, buf), c->out);
}

void put_sigset(struct tcb *c, u64 set)
{
	int nr = __builtin_popcountl(set);
	bool invert = nr >= ULK_NSIG * 2 / 3;
	const char *sep = "";
	char buf[16];

	fputs(invert ? "~[" : "[", c->out);
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		if (!!(set & 1UL << (sig - 1)) == invert)
			continue;
		fprintf(c->out, "%s%s", sep, signal_name(sig, buf) + 3);
		sep = " ";
	}
	putc(']', c->out);
}

/* ---- modes and devices ---- */

void put_mode(struct tcb *c, u32 mode)
{
	const char *type = xlat_name(xlat_file_types, mode & S_IFMT);
	const char *sep = "";

	if (mode & S_IFMT) {
		if (!type) {
			fprintf(c->out, "%#03o", mode);
			return;
		}
		fputs(type, c->out);
		sep = "|";
	}
	if (mode & S_ISUID)
		fprintf(c->out, "%sS_ISUID", sep), sep = "|";
	if (mode & S_ISGID)
		fprintf(c->out, "%sS_ISGID", sep), sep = "|";
	if (mode & S_ISVTX)
		fprintf(c->out, "%sS_ISVTX", sep), sep = "|";
	fprintf(c->out, "%s%#03o", sep, mode & ~(u32)(S_IFMT | 07000));
}

void put_dev(struct tcb *c, u64 dev)
{
	fprintf(c->out, "makedev(%#x, %#x)", major(dev), minor(dev));
}
