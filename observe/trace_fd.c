// SPDX-License-Identifier: GPL-2.0-or-later
/* What the trace tells beside the call: what descriptors are open on (-y, -P), where the call was made (-k). */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "observe/symbols.h"
#include "observe/trace_internal.h"

/* The program's descriptors have their own numbers in the host, too. False: there is none. */
static bool fd_link(int fd, char path[4096])
{
	char name[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		snprintf(name, sizeof(name), "/proc/thread-self/cwd");
	else
		snprintf(name, sizeof(name), "/proc/thread-self/fd/%d", fd);
	n = readlink(name, path, 4095);
	if (n < 0)
		return false;
	path[n] = '\0';
	return true;
}

/* "127.0.0.1:80" */
static void put_endpoint(FILE *out, int fd, int (*name)(int, struct sockaddr *, socklen_t *), const char *before)
{
	union { struct sockaddr sa; struct sockaddr_in in; struct sockaddr_in6 in6; } u;
	socklen_t len = sizeof(u);
	char buf[INET6_ADDRSTRLEN];

	if (name(fd, &u.sa, &len))
		return;
	if (u.sa.sa_family == AF_INET)
		fprintf(out, "%s%s:%u", before, inet_ntop(AF_INET, &u.in.sin_addr, buf, sizeof(buf)), ntohs(u.in.sin_port));
	else if (u.sa.sa_family == AF_INET6)
		fprintf(out, "%s[%s]:%u", before, inet_ntop(AF_INET6, &u.in6.sin6_addr, buf, sizeof(buf)), ntohs(u.in6.sin6_port));
}

/* -yy, of a socket of the Internet's that has an address: "TCP:[127.0.0.1:5000->127.0.0.1:80]". */
static bool put_socket(FILE *out, int fd)
{
	struct sockaddr_in6 own;
	socklen_t len = sizeof(int), own_len = sizeof(own);
	int family, proto;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) || (family != AF_INET && family != AF_INET6) ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &len) || (proto != IPPROTO_TCP && proto != IPPROTO_UDP) ||
	    getsockname(fd, (struct sockaddr *)&own, &own_len) || !own.sin6_port)
		return false;
	fprintf(out, "%s%s:[", proto == IPPROTO_TCP ? "TCP" : "UDP", family == AF_INET6 ? "v6" : "");
	put_endpoint(out, fd, getsockname, "");
	put_endpoint(out, fd, getpeername, "->");
	putc(']', out);
	return true;
}

void put_fd_path(FILE *out, const struct tcb *c, int fd)
{
	static const char gone[] = " (deleted)";
	char path[4096];
	struct stat st;
	bool deleted;
	size_t n;

	if (!fd_link(fd, path))
		return;
	n = strlen(path);
	deleted = n >= sizeof(gone) && *path == '/' && !strcmp(path + n - sizeof(gone) + 1, gone);
	if (deleted)
		path[n - sizeof(gone) + 1] = '\0';
	putc('<', out);
	if (c->fd_paths < 2 || strncmp(path, "socket:", 7) != 0 || !put_socket(out, fd)) {
		for (const char *p = path; *p; p++) {
			if (*p == '<' || *p == '>' || *p == '\\' || (u8)*p < ' ' || (u8)*p > '~')
				fprintf(out, "\\%o", (u8)*p);
			else
				putc(*p, out);
		}
	}
	if (c->fd_paths > 1 && fd >= 0 && !fstat(fd, &st) && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		fprintf(out, "<%s %u:%u>", S_ISCHR(st.st_mode) ? "char" : "block", major(st.st_rdev), minor(st.st_rdev));
	fputs(deleted ? ">(deleted)" : ">", out);
}

void put_fd(struct tcb *c, int fd)
{
	if (fd == AT_FDCWD)
		fputs("AT_FDCWD", c->out);
	else
		fprintf(c->out, "%d", fd);
	if (c->fd_paths)
		put_fd_path(c->out, c, fd);
}

bool trace_concerns(struct tcb *c, const char *path)
{
	const size_t n = strlen(path) + 1;
	char name[4096];

	for (unsigned i = 0; c->call && i < c->call->nr_args; i++) {
		decode_fn *fn = c->call->arg[i].fn;

		if (fn == decode_path && n <= sizeof(name) && peek(c, c->a[i], name, n) && !memcmp(name, path, n))
			return true;
		if ((fn == decode_fd || fn == decode_dirfd) && fd_link((int)c->a[i], name) && !strcmp(name, path))
			return true;
	}
	return false;
}

/* ---- the stack ---- */

static void put_caller(FILE *out, struct symbols *s, struct task_struct *t, u64 pc)
{
	const struct vm_area_struct *vma;
	struct place p;
	u64 offset;

	symbols_find(s, pc, &p);
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, pc);
	offset = vma && vma->vm_file ? pc - vma->vm_start + (vma->vm_pgoff << PAGE_SHIFT) : pc;
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	if (p.symbol)
		fprintf(out, " > %s(%s+%#lx) [%#lx]\n", p.module ? p.module : "unknown", p.symbol, p.offset, offset);
	else
		fprintf(out, " > %s() [%#lx]\n", p.module ? p.module : "unknown", offset);
}

char *trace_stack(struct task_struct *t)
{
	struct symbols *s = t->mm ? symbols_open(t) : NULL;
	u64 pc[64] = {};
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!s)
		return NULL;
	out = open_memstream(&text, &size);
	if (out) {
		symbols_callers(s, t, pc, ARRAY_SIZE(pc));
		for (unsigned i = 0; i < ARRAY_SIZE(pc) && pc[i]; i++)
			put_caller(out, s, t, pc[i]);
		fclose(out);
	}
	symbols_close(s);
	return text;
}
