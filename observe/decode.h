/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode: the arguments and results of system calls as text, in strace's notation.
 *
 * A call is printed in two strokes: on entry the arguments that are already known, up to the first that the
 * kernel fills in; on exit the rest, and the result. A decoder prints one argument and is called once. It reads
 * guest memory through access_remote_vm(), which disturbs nothing the guest can see: an observer does not fault
 * pages in on the guest's account.
 */
#ifndef ULK_OBSERVE_DECODE_H
#define ULK_OBSERVE_DECODE_H

#include <stdio.h>
#include "kernel/task.h"

/* Names for numbers. Tables are constant arrays ending with a NULL name. */
struct xlat {
	u64 value;
	const char *name;
};
#define XLAT(x) {x, #x}

/* Flags of a bit set; @dflt is what an unknown value is called in its comment ("MAP_???"), or NULL for no comment. */
struct xlat_set {
	const struct xlat *names;
	const char *dflt;
};

struct injection;

/* A system call being printed. */
struct tcb {
	struct task_struct *t;
	FILE *out;
	u64 nr;
	u64 a[6];
	s64 ret;                   /* on exit */
	bool exiting;
	unsigned strlen_max;       /* -s */
	bool verbose;              /* -v: structures whole */
	u8 fd_paths, hex_strings;  /* -y, -x: as struct trace_options has them */
	u64 pc;                    /* behind the call */
	const char *restarted;     /* of restart_syscall: the call that goes on; may be NULL */
	char aux[512];             /* goes behind the result, in parentheses */
	const struct call_decoder *call;
	unsigned next;             /* the first argument that has not been printed */
	bool comma;                /* the comma before it has been */
	unsigned column;           /* how long the line is so far */
	u32 kept;                  /* what arg_decoder.keep asked for, as it was on entry; 0 if it could not be read */
	bool died;                 /* the process ended before the call did */
	char *json_args;
	bool no_error;             /* ret is a value, however it looks (an injected retval=) */
	const struct injection *in;   /* what was done to the call; may be NULL */
};

typedef void decode_fn(struct tcb *c, unsigned i, const void *param);

struct arg_decoder {
	decode_fn *fn;
	const void *param;
	bool at_exit;              /* the kernel fills it in */
	bool tail;                 /* there only sometimes: prints its own comma */
	u8 keep;                   /* 1 + offset of 32 bits that the kernel reads, then overwrites; 0: none */
};

/* RET_NONE: the call does not return. RET_FCNTL: depends on the command. */
enum ret_kind { RET_DEC, RET_HEX, RET_OCT, RET_NONE, RET_FCNTL };

/* How one system call is printed. @aux, if any, is called on exit and may set c->aux. */
struct call_decoder {
	const char *name;
	struct arg_decoder arg[6];
	unsigned nr_args;
	enum ret_kind ret;
	void (*aux)(struct tcb *c);
};

/* The decoder of a number; NULL: there is none, print six hexadecimal words. */
const struct call_decoder *call_decoder(u64 nr);

/* ---- printing (print.c) ---- */

/* On entry: keep what the kernel may overwrite. */
void keep_entry_values(struct tcb *c);
/* The call failed: what the kernel would have filled in is not there. */
static inline bool syserror(const struct tcb *c)
{
	return c->exiting && c->ret < 0 && c->ret >= -4095 && !c->no_error;
}

/* Argument @i is one that the kernel fills in, and it did not. */
static inline bool not_filled(const struct tcb *c, unsigned i)
{
	return syserror(c) && c->call && c->call->arg[i].at_exit;
}

/* Copy guest memory; true when all @n bytes could be read. */
bool peek(const struct tcb *c, u64 addr, void *buf, size_t n);
void put_addr(struct tcb *c, u64 addr);                          /* NULL or hexadecimal */
/* Bytes between quotes, with strace's escapes; "..." follows when there is more than -s allows. */
void put_string(struct tcb *c, const void *s, size_t n);
void put_quoted(FILE *out, const u8 *p, size_t n, bool hex);      /* all of them, between quotes */
void put_user_string(struct tcb *c, u64 addr, size_t max);       /* up to its NUL */
void put_user_bytes(struct tcb *c, u64 addr, u64 n, bool hex);   /* @hex: random bytes, all as \xNN */
/* A descriptor, with -y what it is open on; put_fd_path() is that alone: "</etc/passwd>". */
void put_fd(struct tcb *c, int fd);
void put_fd_path(FILE *out, const struct tcb *c, int fd);
/* @count struct iovec with the first @left of their bytes, or with their addresses. */
void put_iovecs(struct tcb *c, u64 addr, u64 count, u64 left);
void put_iovec_addrs(struct tcb *c, u64 addr, u64 count);
void put_oflags(struct tcb *c, u64 flags);                       /* of open */
/* Of a structure that may grow: what the program gave beyond the @known bytes, if any of it is set. */
void put_extra(struct tcb *c, u64 addr, u64 known, u64 size);
/* A number by its name, or in hexadecimal with a comment. */
void put_val(struct tcb *c, u64 value, const struct xlat *names, const char *dflt);
/* Bits by their names, joined by '|'; what is left over in hexadecimal. */
void put_flags(struct tcb *c, u64 flags, const struct xlat *names, const char *dflt);
/* The name of @value, or NULL. */
const char *xlat_name(const struct xlat *names, u64 value);
void put_signal(struct tcb *c, int sig);
void put_sigset(struct tcb *c, u64 set);
void put_siginfo(FILE *out, const siginfo_t *info);
/* struct sock_fprog: how long a filter is, and where. */
void put_filter_program(struct tcb *c, u64 addr);
void put_mode(struct tcb *c, u32 mode);                          /* S_IFREG|0644 */
void put_dev(struct tcb *c, u64 dev);                            /* makedev(0x1, 0x3) */
const char *errno_name(int err);                                 /* "ENOENT", or NULL */
const char *signal_name(int sig, char buf[16]);                  /* "SIGINT", "SIGRT_3" */
void put_aux(struct tcb *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- decoders for arguments ---- */

#define DECODER(name) void decode_##name(struct tcb *c, unsigned i, const void *param)
#include "observe/decoders.h"

#endif
