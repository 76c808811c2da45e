// SPDX-License-Identifier: GPL-2.0-or-later
/* The exception flags that floating-point instructions leave in MXCSR and in x87's status word. */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mxcsr.h"

static uint16_t status_word(void)
{
	uint16_t v;

	__asm__ volatile("fnstsw %0" : "=m"(v));
	return v;
}

#define SSE(what, code, a, b)                                                                                \
	do {                                                                                                 \
		double x = (a), y = (b), was = x;                                                            \
		uint64_t bits;                                                                               \
		set_mxcsr(0x1f80);                                                                           \
		__asm__ volatile(code : "+x"(x) : "x"(y) : "rax", "cc");                                     \
		memcpy(&bits, &x, 8);                                                                        \
		printf("%s %a %a: %016llx, %x\n", what, was, y, (unsigned long long)bits, mxcsr());          \
	} while (0)

static void sse_double(void)
{
	volatile double snan = __builtin_nans(""), qnan = __builtin_nan("");

	SSE("add", "addsd %1, %0", 1, 2);
	SSE("add", "addsd %1, %0", 1, 0x1p-60);
	SSE("add", "addsd %1, %0", INFINITY, -INFINITY);
	SSE("add", "addsd %1, %0", DBL_MAX, DBL_MAX);
	SSE("add", "addsd %1, %0", snan, 1);
	SSE("add", "addsd %1, %0", qnan, 1);
	SSE("mul", "mulsd %1, %0", DBL_MIN, 0.5);
	SSE("mul", "mulsd %1, %0", DBL_MIN * 1.25, 0x1.8p-3);
	SSE("mul", "mulsd %1, %0", DBL_MIN, DBL_MIN);
	SSE("div", "divsd %1, %0", 1, 0);
	SSE("div", "divsd %1, %0", 0, 0);
	SSE("div", "divsd %1, %0", 1, 3);
	SSE("sqrt", "sqrtsd %1, %0", 0, -1);
	SSE("sqrt", "sqrtsd %1, %0", 0, 2);
	SSE("sqrt", "sqrtsd %1, %0", 0, 4);
	SSE("min", "minsd %1, %0", 1, qnan);
	SSE("max", "maxsd %1, %0", 1, 2);
	SSE("comi", "comisd %1, %0", 1, qnan);
	SSE("ucomi", "ucomisd %1, %0", 1, qnan);
	SSE("ucomi", "ucomisd %1, %0", 1, snan);
	SSE("cmpeq", "cmpeqsd %1, %0", 1, qnan);
	SSE("cmplt", "cmpltsd %1, %0", 1, qnan);
	SSE("to int", "cvtsd2si %1, %%eax", 0, 1e300);
	SSE("to int", "cvtsd2si %1, %%eax", 0, 1.5);
	SSE("truncated", "cvttsd2si %1, %%rax", 0, 1.5);
	SSE("truncated", "cvttsd2si %1, %%rax", 0, qnan);
	SSE("to float", "cvtsd2ss %1, %0", 0, 1e300);
	SSE("to float", "cvtsd2ss %1, %0", 0, 0.1);
	SSE("to float", "cvtsd2ss %1, %0", 0, 1e-42);
	SSE("to double", "cvtss2sd %1, %0", 0, 1);
	SSE("floor", "roundsd $1, %1, %0", 0, 1.5);
	SSE("floor, quietly", "roundsd $9, %1, %0", 0, 1.5);
	SSE("nearest, quietly", "roundsd $8, %1, %0", 0, snan);
	SSE("moved", "movapd %1, %0", 0, snan);
	SSE("and", "andpd %1, %0", 1.5, snan);
	SSE("two at a time", "unpcklpd %1, %0; divpd %0, %0", 1, 0);
	SSE("rounded up", "cvtsd2ss %1, %0", 0, 0.1);
}

static void sse_float(void)
{
	static const float values[4] __attribute__((aligned(16))) = {3, 0.1f, 1e-30f, 1e30f};
	float out[4] __attribute__((aligned(16)));

#define PACKED(code)                                                                                         \
	set_mxcsr(0x1f80);                                                                                   \
	__asm__ volatile("movaps %1, %%xmm0; " code "; movaps %%xmm0, %0"                                    \
			 : "=m"(out)                                                                         \
			 : "m"(values)                                                                       \
			 : "xmm0");                                                                          \
	printf("%s: %x\n", code, mxcsr())
	PACKED("rcpps %%xmm0, %%xmm0");
	PACKED("rsqrtss %%xmm0, %%xmm0");
	PACKED("mulps %%xmm0, %%xmm0");
	PACKED("sqrtps %%xmm0, %%xmm0");
	PACKED("cvtps2dq %%xmm0, %%xmm0");
	PACKED("roundps $8, %%xmm0, %%xmm0");
	PACKED("haddps %%xmm0, %%xmm0");
}

static void sticky(void)
{
	volatile double x = 1, zero = 0;

	set_mxcsr(0x1f80);
	x = x / 3;
	printf("inexact: %x\n", mxcsr());
	x = x / zero;
	printf("and zero divide: %x\n", mxcsr());
	set_mxcsr(0x1f80 | 8);
	printf("overflow, written: %x\n", mxcsr());
	x = 1;
	x = x / 3;
	printf("and inexact: %x\n", mxcsr());
}

static void flush_to_zero(void)
{
	volatile double small = DBL_MIN, denormal = DBL_MIN / 4;
	volatile long double tiny = 0x1p-16382L;

	for (uint32_t mode = 0; mode <= 0x8000; mode += 0x8000) {
		set_mxcsr(0x1f80 | mode);
		printf("FZ %x: %a", mode, small / 3);
		printf(", %x", mxcsr() & ~2u);
		/* x87 has no such mode */
		printf(", %La\n", tiny / 3);
	}
	set_mxcsr(0x1f80 | 0x40);
	printf("DAZ: %a, %x\n", denormal * 4, mxcsr());
	set_mxcsr(0x1f80);
}

#define X87(what, code, a, b)                                                                                \
	do {                                                                                                 \
		long double x = (a), y = (b), out;                                                           \
		__asm__ volatile("fnclex");                                                                  \
		__asm__ volatile(code : "=t"(out) : "0"(x), "u"(y));                                         \
		printf("%s %La %La: %La, %x\n", what, x, y, out, status_word() & 0x3f);                      \
	} while (0)

static void x87(void)
{
	volatile float fsnan = __builtin_nansf("");
	volatile double dmax = DBL_MAX;
	int32_t word;
	int16_t half;

	X87("add", "fadd %%st(1)", 1, 2);
	X87("add", "fadd %%st(1)", 1, 0x1p-80L);
	X87("add", "fadd %%st(1)", INFINITY, -INFINITY);
	X87("mul", "fmul %%st(1)", LDBL_MAX, 2);
	X87("mul", "fmul %%st(1)", LDBL_MIN, 0.5L);
	X87("div", "fdiv %%st(1)", 1, 3);
	X87("div", "fdiv %%st(1)", 1, 0);
	X87("div", "fdiv %%st(1)", 0, 0);
	X87("sqrt", "fsqrt", 2, 0);
	X87("sqrt", "fsqrt", -1, 0);
	X87("rndint", "frndint", 1.5L, 0);
	X87("rndint", "frndint", 2, 0);
	X87("prem", "fprem", 10, 0.75L);
	X87("div", "fdiv %%st(1)", INFINITY, 0);
	X87("com", "fucom %%st(1)", 1, __builtin_nan(""));
	X87("com", "fcom %%st(1)", 1, __builtin_nan(""));
	X87("comi", "fcomi %%st(1)", 1, __builtin_nan(""));
	X87("ucomi", "fucomi %%st(1)", 1, __builtin_nan(""));

	__asm__ volatile("fnclex; fldpi; fisttpl %0" : "=m"(word));
	printf("fisttp: %d, %x\n", word, status_word() & 0x3f);
	__asm__ volatile("fnclex; fldl %1; fistps %0" : "=m"(half) : "m"(dmax));
	printf("fistp: %d, %x\n", half, status_word() & 0x3f);
	__asm__ volatile("fnclex; flds %0; fstp %%st(0)" : : "m"(fsnan));
	printf("fld: %x\n", status_word() & 0x3f);
	__asm__ volatile("fnclex");
}

static void *thread(void *arg)
{
	volatile double x = 1;

	printf("a thread begins with %x\n", fetestexcept(FE_ALL_EXCEPT));
	x = x / 0.0;
	printf("and has %x\n", fetestexcept(FE_ALL_EXCEPT));
	return NULL;
}

static volatile int in_handler;

static void handler(int sig)
{
	volatile double x = DBL_MAX;

	in_handler = fetestexcept(FE_ALL_EXCEPT);
	x = x * x;
}

static void contexts(void)
{
	volatile double x = 1;
	pthread_t t;

	feclearexcept(FE_ALL_EXCEPT);
	x = x / 3;
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	printf("the first thread has %x\n", fetestexcept(FE_ALL_EXCEPT));
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	printf("a handler begins with %x, and leaves %x\n", in_handler, fetestexcept(FE_ALL_EXCEPT));
	if (!fork()) {
		printf("a child has %x\n", fetestexcept(FE_ALL_EXCEPT));
		_exit(0);
	}
	wait(NULL);
}

static void library(void)
{
	static const struct {
		const char *name;
		double (*fn)(double);
		double arg;
	} calls[] = {
		{"exp", exp, 1000}, {"exp", exp, -1000},   {"log", log, 0},	{"log", log, -1},
		{"sqrt", sqrt, -1}, {"floor", floor, 1.5}, {"rint", rint, 1.5}, {"nearbyint", nearbyint, 1.5},
		{"cbrt", cbrt, 8}};
	fenv_t env;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		volatile double arg = calls[i].arg, result;

		feclearexcept(FE_ALL_EXCEPT);
		result = calls[i].fn(arg);
		printf("%s(%g) = %a: %x\n", calls[i].name, arg, result,
		       fetestexcept(FE_ALL_EXCEPT) & ~FE_INEXACT);
	}
	feclearexcept(FE_ALL_EXCEPT);
	feholdexcept(&env);
	feraiseexcept(FE_OVERFLOW);
	printf("raised: %x\n", fetestexcept(FE_ALL_EXCEPT) & FE_OVERFLOW);
	fesetenv(&env);
	printf("back: %x\n", fetestexcept(FE_ALL_EXCEPT));
}

int main(void)
{
	setbuf(stdout, NULL);
	sse_double();
	sse_float();
	sticky();
	flush_to_zero();
	x87();
	contexts();
	library();
	return 0;
}
