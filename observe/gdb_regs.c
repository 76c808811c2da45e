// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gdb: registers, in the order and under the names of gdb's own descriptions of an amd64 Linux. One table makes the
 * description (target.xml) and says where each register is.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "kernel/sched.h"
#include "observe/gdb_internal.h"

/* What a thread that waits in a system call would have in rax if it were interrupted now. */
#define INTERRUPTED (-(u64)ERESTARTSYS)

enum place { GENERAL, SELECTOR, X87, CONTROL, XMM, MXCSR, ORIG_RAX };

struct reg {
	const char *name, *type;
	u16 bits, offset;          /* offset: in struct cpu_regs or cpu_fxstate; of CONTROL, see control_value() */
	enum place place;
};

#define G(name, type)  {#name, type, 64, offsetof(struct cpu_regs, name), GENERAL}
#define S(name)	       {#name, "int32", 32, offsetof(struct cpu_regs, name), SELECTOR}
#define ST(i)	       {"st" #i, "i387_ext", 80, offsetof(struct cpu_fxstate, st) + 16 * (i), X87}
#define C(name, which) {name, "int", 32, which, CONTROL}
#define X(i)	       {"xmm" #i, "vec128", 128, offsetof(struct cpu_fxstate, xmm) + 16 * (i), XMM}

// clang-format off
static const struct reg regs[] = {
	G(rax, "int64"), G(rbx, "int64"), G(rcx, "int64"), G(rdx, "int64"), G(rsi, "int64"), G(rdi, "int64"),
	G(rbp, "data_ptr"), G(rsp, "data_ptr"),
	G(r8, "int64"), G(r9, "int64"), G(r10, "int64"), G(r11, "int64"),
	G(r12, "int64"), G(r13, "int64"), G(r14, "int64"), G(r15, "int64"),
	G(rip, "code_ptr"), {"eflags", "i386_eflags", 32, offsetof(struct cpu_regs, rflags), GENERAL},
	S(cs), S(ss), S(ds), S(es), S(fs), S(gs),
	ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
	C("fctrl", 0), C("fstat", 1), C("ftag", 2), C("fiseg", 3), C("fioff", 4), C("foseg", 5), C("fooff", 6), C("fop", 7),
#define FIRST_SSE 40
	X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15),
	{"mxcsr", "i386_mxcsr", 32, offsetof(struct cpu_fxstate, mxcsr), MXCSR},
#define FIRST_LINUX 57
	{"orig_rax", "int", 64, 0, ORIG_RAX},
#define FIRST_SEGMENTS 58
	G(fs_base, "int"), G(gs_base, "int"),
};
// clang-format on

static const char core_types[] =
	"<flags id=\"i386_eflags\" size=\"4\">"
	"<field name=\"\" start=\"22\" end=\"31\"/><field name=\"CF\" start=\"0\" end=\"0\"/>"
	"<field name=\"\" start=\"1\" end=\"1\"/><field name=\"PF\" start=\"2\" end=\"2\"/>"
	"<field name=\"AF\" start=\"4\" end=\"4\"/><field name=\"ZF\" start=\"6\" end=\"6\"/>"
	"<field name=\"SF\" start=\"7\" end=\"7\"/><field name=\"TF\" start=\"8\" end=\"8\"/>"
	"<field name=\"IF\" start=\"9\" end=\"9\"/><field name=\"DF\" start=\"10\" end=\"10\"/>"
	"<field name=\"OF\" start=\"11\" end=\"11\"/><field name=\"NT\" start=\"14\" end=\"14\"/>"
	"<field name=\"RF\" start=\"16\" end=\"16\"/><field name=\"VM\" start=\"17\" end=\"17\"/>"
	"<field name=\"AC\" start=\"18\" end=\"18\"/><field name=\"VIF\" start=\"19\" end=\"19\"/>"
	"<field name=\"VIP\" start=\"20\" end=\"20\"/><field name=\"ID\" start=\"21\" end=\"21\"/></flags>";

static const char sse_types[] =
	"<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
	"<vector id=\"v16i8\" type=\"int8\" count=\"16\"/><vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
	"<vector id=\"v4i32\" type=\"int32\" count=\"4\"/><vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
	"<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
	"<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
	"<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
	"<field name=\"uint128\" type=\"uint128\"/></union>"
	"<flags id=\"i386_mxcsr\" size=\"4\">"
	"<field name=\"IE\" start=\"0\" end=\"0\"/><field name=\"DE\" start=\"1\" end=\"1\"/>"
	"<field name=\"ZE\" start=\"2\" end=\"2\"/><field name=\"OE\" start=\"3\" end=\"3\"/>"
	"<field name=\"UE\" start=\"4\" end=\"4\"/><field name=\"PE\" start=\"5\" end=\"5\"/>"
	"<field name=\"DAZ\" start=\"6\" end=\"6\"/><field name=\"IM\" start=\"7\" end=\"7\"/>"
	"<field name=\"DM\" start=\"8\" end=\"8\"/><field name=\"ZM\" start=\"9\" end=\"9\"/>"
	"<field name=\"OM\" start=\"10\" end=\"10\"/><field name=\"UM\" start=\"11\" end=\"11\"/>"
	"<field name=\"PM\" start=\"12\" end=\"12\"/><field name=\"FZ\" start=\"15\" end=\"15\"/></flags>";

void gdb_target_xml(FILE *out)
{
	static const struct {
		size_t first;
		const char *name, *types;
	} features[] = {
		{0, "core", core_types}, {FIRST_SSE, "sse", sse_types}, {FIRST_LINUX, "linux", ""}, {FIRST_SEGMENTS, "segments", ""},
	};
	size_t next = 0;

	fputs("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
	      "<architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>", out);
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		const struct reg *r = &regs[i];

		if (next < ARRAY_SIZE(features) && features[next].first == i) {
			fprintf(out, "%s<feature name=\"org.gnu.gdb.i386.%s\">%s", i ? "</feature>" : "", features[next].name,
				features[next].types);
			next++;
		}
		fprintf(out, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"%s/>", r->name, r->bits, r->type,
			r->place == CONTROL ? " group=\"float\"" : r->place == SELECTOR ? " group=\"general\"" : "");
	}
	fputs("</feature></target>", out);
}

/* ---- the x87 control registers, as gdb has them ---- */

/* The full tag word: 0 valid, 1 zero, 2 special, 3 empty; the image has a bit a register. */
static u32 full_tags(const struct cpu_fxstate *fx)
{
	u32 tags = 0, top = fx->swd >> 11 & 7;

	for (u32 i = 0; i < 8; i++) {
		const u8 *st = fx->st[(i - top) & 7];
		u32 tag = 3;
		u64 mantissa;
		u16 exponent;

		memcpy(&mantissa, st, sizeof(mantissa));
		memcpy(&exponent, st + 8, sizeof(exponent));
		exponent &= 0x7fff;
		if (fx->twd >> i & 1)
			tag = exponent == 0x7fff ? 2 : exponent ? (mantissa >> 63 ? 0 : 2) : mantissa ? 2 : 1;
		tags |= tag << 2 * i;
	}
	return tags;
}

static u32 control_value(const struct cpu_fxstate *fx, u32 which)
{
	const u32 values[] = {fx->cwd, fx->swd, full_tags(fx), (u32)(fx->rip >> 32) & 0xffff, (u32)fx->rip,
			      (u32)(fx->rdp >> 32) & 0xffff, (u32)fx->rdp, fx->fop & 0x7ff};

	return values[which];
}

static void set_control(struct cpu_fxstate *fx, u32 which, u32 value)
{
	switch (which) {
	case 0:
		fx->cwd = (u16)value;
		break;
	case 1:
		fx->swd = (u16)value;
		break;
	case 2:
		fx->twd = 0;
		for (u32 i = 0; i < 8; i++)
			fx->twd |= (u16)((value >> 2 * i & 3) != 3) << i;
		break;
	case 7:
		fx->fop = value & 0x7ff;
		break;
	default: /* the pointers are the FPU's own */
		break;
	}
}

/* ---- one thread's ---- */

struct image {
	struct cpu_regs regs;
	struct cpu_fxstate fx;
	u64 orig_rax;
};

/* @self: it is the thread that serves, whose registers are in the engine. */
static void get_image(const struct gdb *g, struct task_struct *t, bool self, struct image *im)
{
	const struct gdb_thread *th = gdb_thread(t);

	im->regs = self ? *task_regs(t) : t->regs;
	im->fx = t->fx;
	if (self)
		cpu_get_fxstate(g->ulk->cpu, &im->fx);
	im->orig_rax = t->orig_rax;
	if (th && th->at_entry)
		im->regs.rax = -(u64)ENOSYS;
	else if (th && th->in_syscall && !self)
		im->regs.rax = INTERRUPTED;
}

static bool is_self(const struct task_struct *t)
{
	return !t->cpu_released;
}

static void get_value(const struct image *im, const struct reg *r, u8 *out)
{
	u64 value;
	u16 selector;

	switch (r->place) {
	case GENERAL:
		memcpy(out, (const u8 *)&im->regs + r->offset, r->bits / 8);
		break;
	case SELECTOR:
		memcpy(&selector, (const u8 *)&im->regs + r->offset, sizeof(selector));
		value = selector;
		memcpy(out, &value, 4);
		break;
	case CONTROL:
		value = control_value(&im->fx, r->offset);
		memcpy(out, &value, 4);
		break;
	case ORIG_RAX:
		memcpy(out, &im->orig_rax, 8);
		break;
	default:
		memcpy(out, (const u8 *)&im->fx + r->offset, r->bits / 8);
	}
}

/* What user mode may change of RFLAGS, as ptrace has it: not TF, which is ulk's to step with, nor IF and IOPL. */
#define FLAGS_USER 0x254cd5UL

/* False for what the CPU would not have: the base of a segment outside user space (EIO, as of ptrace), another selector. */
static bool set_value(struct image *im, const struct reg *r, const u8 *in)
{
	u8 now[4];
	u32 value;
	u64 base;

	switch (r->place) {
	case GENERAL:
		if (r->bits == 32) {
			memcpy(&value, in, 4);
			im->regs.rflags = (im->regs.rflags & ~FLAGS_USER) | (value & FLAGS_USER);
			break;
		}
		memcpy(&base, in, 8);
		if (base >= TASK_SIZE_MAX && (r->offset == offsetof(struct cpu_regs, fs_base) ||
					      r->offset == offsetof(struct cpu_regs, gs_base)))
			return false;
		memcpy((u8 *)&im->regs + r->offset, in, 8);
		break;
	case SELECTOR: /* no others work on this CPU */
		get_value(im, r, now);
		return !memcmp(now, in, sizeof(now));
	case CONTROL:
		memcpy(&value, in, 4);
		set_control(&im->fx, r->offset, value);
		break;
	case ORIG_RAX:
		memcpy(&im->orig_rax, in, 8);
		break;
	case MXCSR:
		memcpy(&value, in, 4);
		im->fx.mxcsr = value & (im->fx.mxcsr_mask ? im->fx.mxcsr_mask : 0xffbf);
		break;
	default:
		memcpy((u8 *)&im->fx + r->offset, in, r->bits / 8);
	}
	return true;
}

static void put_image(struct gdb *g, struct task_struct *t, bool self, const struct image *im, bool fx)
{
	t->regs = im->regs;
	t->regs_dirty = true;
	t->orig_rax = im->orig_rax;
	if (!fx)
		return;
	if (self)
		cpu_set_fxstate(g->ulk->cpu, &im->fx);
	else
		t->fx = im->fx;
}

void gdb_get_registers(struct gdb *g, struct task_struct *t, FILE *out)
{
	struct image im;
	u8 value[16];

	get_image(g, t, is_self(t), &im);
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		get_value(&im, &regs[i], value);
		gdb_put_hex(out, value, regs[i].bits / 8);
	}
}

void gdb_get_register(struct gdb *g, struct task_struct *t, u64 number, FILE *out)
{
	struct image im;
	u8 value[16];

	if (number >= ARRAY_SIZE(regs)) {
		fputs("E01", out);
		return;
	}
	get_image(g, t, is_self(t), &im);
	get_value(&im, &regs[number], value);
	gdb_put_hex(out, value, regs[number].bits / 8);
}

/* A thread in a system call gets its result into rax when it returns; what is written meanwhile would be lost or harm. */
static bool may_write(const struct task_struct *t)
{
	return is_self(t) || !gdb_thread(t) || !gdb_thread(t)->in_syscall;
}

bool gdb_set_registers(struct gdb *g, struct task_struct *t, const char *hex, size_t n)
{
	bool self = is_self(t);
	struct image im;
	u8 value[16];

	if (!may_write(t))
		return false;
	get_image(g, t, self, &im);
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		size_t digits = regs[i].bits / 4;

		if (n < digits)
			break;
		if (*hex != 'x') {
			if (!gdb_unhex(hex, digits, value) || !set_value(&im, &regs[i], value))
				return false;
		}
		hex += digits;
		n -= digits;
	}
	put_image(g, t, self, &im, true);
	return true;
}

bool gdb_set_register(struct gdb *g, struct task_struct *t, u64 number, const char *hex, size_t n)
{
	bool self = is_self(t);
	struct image im;
	u8 value[16];

	if (number >= ARRAY_SIZE(regs) || n != regs[number].bits / 4u || !gdb_unhex(hex, n, value) || !may_write(t))
		return false;
	get_image(g, t, self, &im);
	if (!set_value(&im, &regs[number], value))
		return false;
	put_image(g, t, self, &im, regs[number].place >= X87 && regs[number].place <= MXCSR);
	return true;
}
