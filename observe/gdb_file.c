// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gdb: vFile, files of this host for gdb's `sysroot target:', `info proc' and `remote get'. Of /proc/PID of the debugged
 * processes, what ulk makes for the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "observe/gdb_server.h"

/* The protocol's own numbers for errno; most are Linux's. */
static int file_errno(int err)
{
	switch (err) {
	case EPERM: case ENOENT: case EINTR: case EBADF: case EACCES: case EFAULT: case EBUSY: case EEXIST: case ENODEV:
	case ENOTDIR: case EISDIR: case EINVAL: case ENFILE: case EMFILE: case EFBIG: case ENOSPC: case ESPIPE: case EROFS:
		return err;
	case ENAMETOOLONG:
		return 91;
	}
	return 9999;
}

static void put_error(FILE *out, int err)
{
	fprintf(out, "F-1,%x", (unsigned)file_errno(err));
}

static void put_data(FILE *out, const void *data, size_t n)
{
	fprintf(out, "F%zx;", n);
	gdb_put_binary(out, data, n);
}

/* A path in hexadecimal digits, up to a comma or the end; NULL when it is none. Malloc'ed. */
static char *parse_path(const char **s)
{
	size_t n = strcspn(*s, ",");
	char *path = n / 2 < PATH_MAX ? malloc(n / 2 + 1) : NULL;

	if (!path)
		return NULL;
	if (!gdb_unhex(*s, n, (u8 *)path)) {
		free(path);
		return NULL;
	}
	path[n / 2] = '\0';
	*s += n;
	return path;
}

static struct gdb_file *file_of(struct gdb_server *s, u64 number)
{
	return number < GDB_FILES && s->file[number].used ? &s->file[number] : NULL;
}

/* "/proc/PID/NAME" or "/proc/PID/task/TID/NAME" of a process of gdb's: is it one that ulk makes? */
static bool proc_file(struct gdb_server *s, const char *path, int *pid, char name[16])
{
	char *end;

	if (strncmp(path, "/proc/", 6))
		return false;
	*pid = (int)strtol(path + 6, &end, 10);
	if (*end++ != '/' || !gdb_find_process(s, *pid))
		return false;
	if (!strncmp(end, "task/", 5)) {
		strtol(end + 5, &end, 10);
		if (*end++ != '/')
			return false;
	}
	return strlen(end) < 16 && strcpy(name, end);
}

/* Up to @size bytes of such a file: malloc'ed, *@n long; NULL when there is no such. */
static char *read_proc(struct gdb_server *s, int pid, const char *name, u64 offset, u64 size, size_t *n)
{
	struct gdb_process *p = gdb_find_process(s, pid);
	char ask[80], *reply, *to;
	size_t len;

	snprintf(ask, sizeof(ask), "qulk.proc:%s:%lx,%lx", name, offset, size);
	reply = p ? gdb_ask(s, p, 0, ask, strlen(ask), &len) : NULL;
	if (!reply || (*reply != 'l' && *reply != 'm')) {
		free(reply);
		return NULL;
	}
	to = reply;
	for (size_t i = 1; i < len; i++) {
		bool escaped = reply[i] == '}' && i + 1 < len;

		i += escaped;
		*to++ = (char)(reply[i] ^ (escaped ? 0x20 : 0));
	}
	*n = (size_t)(to - reply);
	return reply;
}

static int host_flags(u64 flags)
{
	return (flags & 3 ? (flags & 2 ? O_RDWR : O_WRONLY) : O_RDONLY) | (flags & 8 ? O_APPEND : 0) | (flags & 0x200 ? O_CREAT : 0) |
	       (flags & 0x400 ? O_TRUNC : 0) | (flags & 0x800 ? O_EXCL : 0) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
}

static void open_file(struct gdb_server *s, const char *args, FILE *out)
{
	struct gdb_file *f = s->file;
	char *path = parse_path(&args), name[16] = "", *text;
	u64 flags, mode;
	size_t n;

	if (!path || *args++ != ',' || !gdb_parse_hex(&args, &flags) || *args++ != ',' || !gdb_parse_hex(&args, &mode)) {
		put_error(out, EINVAL);
		free(path);
		return;
	}
	while (f < s->file + GDB_FILES && f->used)
		f++;
	if (f == s->file + GDB_FILES) {
		put_error(out, EMFILE);
		free(path);
		return;
	}
	f->fd = -1;
	text = proc_file(s, path, &f->pid, name) ? read_proc(s, f->pid, name, 0, 1, &n) : NULL;
	if (!text)
		f->fd = open(path, host_flags(flags), (mode_t)mode & 07777);
	f->used = text || f->fd >= 0;
	strcpy(f->name, name);
	if (f->used)
		fprintf(out, "F%zx", (size_t)(f - s->file));
	else
		put_error(out, errno);
	free(text);
	free(path);
}

static void read_file(struct gdb_server *s, const char *args, FILE *out)
{
	u64 number, size, offset;
	struct gdb_file *f;
	char *data;
	size_t n = 0;

	if (!gdb_parse_hex(&args, &number) || *args++ != ',' || !gdb_parse_hex(&args, &size) || *args++ != ',' ||
	    !gdb_parse_hex(&args, &offset)) {
		put_error(out, EINVAL);
		return;
	}
	f = file_of(s, number);
	size = min_t(u64, size, (GDB_PACKET - 32) / 2);
	if (f && f->fd >= 0) {
		ssize_t got;

		data = malloc(size + 1);
		got = data ? pread(f->fd, data, size, (off_t)offset) : -1;
		if (got < 0)
			put_error(out, errno);
		else
			put_data(out, data, (size_t)got);
		free(data);
		return;
	}
	data = f ? read_proc(s, f->pid, f->name, offset, size, &n) : NULL;
	if (!f)
		put_error(out, EBADF);
	else if (data)
		put_data(out, data, n);
	else
		put_data(out, "", 0); /* beyond its end */
	free(data);
}

static void write_file(struct gdb_server *s, const char *args, const char *end, FILE *out)
{
	u64 number, offset;
	struct gdb_file *f;
	char *data;
	size_t n = 0;
	ssize_t done;

	if (!gdb_parse_hex(&args, &number) || *args++ != ',' || !gdb_parse_hex(&args, &offset) || *args++ != ',') {
		put_error(out, EINVAL);
		return;
	}
	f = file_of(s, number);
	data = malloc((size_t)(end - args) + 1);
	if (!f || f->fd < 0 || !data) {
		put_error(out, EBADF);
		free(data);
		return;
	}
	for (; args < end; args++) {
		bool escaped = *args == '}' && args + 1 < end;

		args += escaped;
		data[n++] = (char)(*args ^ (escaped ? 0x20 : 0));
	}
	done = pwrite(f->fd, data, n, (off_t)offset);
	if (done < 0)
		put_error(out, errno);
	else
		fprintf(out, "F%zx", (size_t)done);
	free(data);
}

static void put_number(u8 **at, u64 value, unsigned bytes)
{
	while (bytes--)
		*(*at)++ = (u8)(value >> 8 * bytes);
}

static void stat_file(struct gdb_server *s, const char *args, FILE *out)
{
	struct gdb_file *f = NULL;
	struct stat st = {.st_mode = S_IFREG | 0444, .st_nlink = 1};
	u8 data[64], *at = data;
	u64 number;

	if (gdb_parse_hex(&args, &number))
		f = file_of(s, number);
	if (!f || (f->fd >= 0 && fstat(f->fd, &st))) {
		put_error(out, f ? errno : EBADF);
		return;
	}
	put_number(&at, st.st_dev, 4);
	put_number(&at, st.st_ino, 4);
	put_number(&at, st.st_mode, 4);
	put_number(&at, st.st_nlink, 4);
	put_number(&at, st.st_uid, 4);
	put_number(&at, st.st_gid, 4);
	put_number(&at, st.st_rdev, 4);
	put_number(&at, (u64)st.st_size, 8);
	put_number(&at, (u64)st.st_blksize, 8);
	put_number(&at, (u64)st.st_blocks, 8);
	put_number(&at, (u64)st.st_atime, 4);
	put_number(&at, (u64)st.st_mtime, 4);
	put_number(&at, (u64)st.st_ctime, 4);
	put_data(out, data, sizeof(data));
}

static void read_link(struct gdb_server *s, const char *args, FILE *out)
{
	char *path = parse_path(&args), name[16], target[PATH_MAX], *text = NULL;
	ssize_t n = -1;
	size_t len;
	int pid;

	errno = EINVAL;
	if (path && proc_file(s, path, &pid, name) && !strcmp(name, "exe"))
		text = read_proc(s, pid, name, 0, PATH_MAX, &len);
	if (!text && path)
		n = readlink(path, target, sizeof(target));
	if (text)
		put_data(out, text, len);
	else if (n < 0)
		put_error(out, errno);
	else
		put_data(out, target, (size_t)n);
	free(text);
	free(path);
}

static void close_file(struct gdb_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->used = false;
}

static void close_or_unlink(struct gdb_server *s, const char *args, bool unlinks, FILE *out)
{
	struct gdb_file *f = NULL;
	u64 number;
	char *path;

	if (unlinks) {
		path = parse_path(&args);
		if (!path || unlink(path))
			put_error(out, path ? errno : EINVAL);
		else
			fputs("F0", out);
		free(path);
		return;
	}
	if (gdb_parse_hex(&args, &number))
		f = file_of(s, number);
	if (!f) {
		put_error(out, EBADF);
		return;
	}
	close_file(f);
	fputs("F0", out);
}

void gdb_close_files(struct gdb_server *s)
{
	for (size_t i = 0; i < GDB_FILES; i++) {
		if (s->file[i].used)
			close_file(&s->file[i]);
	}
}

void gdb_host_file(struct gdb_server *s, const char *packet, size_t n, FILE *out)
{
	const char *args = strchr(packet, ':');

	if (!args++)
		return;
	if (!strncmp(packet, "open:", 5))
		open_file(s, args, out);
	else if (!strncmp(packet, "pread:", 6))
		read_file(s, args, out);
	else if (!strncmp(packet, "pwrite:", 7))
		write_file(s, args, packet + n, out);
	else if (!strncmp(packet, "fstat:", 6))
		stat_file(s, args, out);
	else if (!strncmp(packet, "readlink:", 9))
		read_link(s, args, out);
	else if (!strncmp(packet, "close:", 6) || !strncmp(packet, "unlink:", 7))
		close_or_unlink(s, args, *packet == 'u', out);
	else if (!strncmp(packet, "setfs:", 6))
		fputs("F0", out); /* one view of the files for all */
}
