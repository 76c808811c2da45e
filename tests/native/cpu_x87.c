// SPDX-License-Identifier: GPL-2.0-or-later
// The x87: arithmetic in three precisions and four rounding modes, comparisons, the stack, the environment.
// Transcendental instructions are left out: their last bits differ between processors.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void show(const char *name, long double v)
{
	unsigned char b[16] = { 0 };

	memcpy(b, &v, 10);
	printf("%s ", name);
	for (int i = 9; i >= 0; i--)
		printf("%02x", b[i]);
	printf("\n");
}

int main(void)
{
	static const long double v[] = { 0.0L, -0.0L, 1.0L, -1.0L, 1.0L / 3, 1e4000L, -1e-4000L, 3.6e-4951L, 0.1L, 12345.678L,
					 9223372036854775807.0L, __builtin_infl(), -2.5L };
	enum { N = sizeof(v) / sizeof(v[0]) };

	for (int cw = 0; cw < 16; cw++) {
		uint16_t control = 0x3f | (cw & 3) << 8 | (cw >> 2) << 10;

		if ((cw & 3) == 1)
			continue;               // reserved precision
		__asm__ volatile("fninit; fldcw %0" : : "m"(control));
		printf("control word %03x\n", control);
		for (int i = 0; i < N; i++) {
			for (int j = 0; j < N; j++) {
				long double r;
				uint16_t flags;

				__asm__ volatile("fnclex");
				__asm__ volatile("faddp" : "=t"(r) : "0"(v[i]), "u"(v[j]) : "st(1)");
				show("add", r);
				__asm__ volatile("fmulp" : "=t"(r) : "0"(v[i]), "u"(v[j]) : "st(1)");
				show("mul", r);
				__asm__ volatile("fdivrp" : "=t"(r) : "0"(v[i]), "u"(v[j]) : "st(1)");
				show("div", r);
				__asm__ volatile("fcom %%st(1); fnstsw %0" : "=a"(flags) : "t"(v[i]), "u"(v[j]));
				printf("com %x\n", flags & 0x4500);
			}
			long double r;
			double d;
			float f;
			int64_t q;

			__asm__ volatile("fsqrt" : "=t"(r) : "0"(v[i]));
			show("sqrt", r);
			if ((cw & 3) == 3) {    // in the others qemu rounds to the precision, too
				__asm__ volatile("frndint" : "=t"(r) : "0"(v[i]));
				show("rndint", r);
			}
			__asm__ volatile("fxam; fnstsw %%ax" : : "t"(v[i]) : "ax");
			__asm__ volatile("fstl %0" : "=m"(d) : "t"(v[i]));
			__asm__ volatile("fsts %0" : "=m"(f) : "t"(v[i]));
			__asm__ volatile("fistpll %0" : "=m"(q) : "t"(v[i]) : "st");
			printf("double %a float %a integer %llx\n", d, f, (unsigned long long)q);
		}
	}
	__asm__ volatile("fninit");

	// The stack and the tag word, seen through fnsave.
	struct { uint32_t cw, sw, tw, rest[4]; uint8_t st[80]; } env;
	__asm__ volatile("fld1; fldz; fldpi; fstp %%st(0); fnsave %0" : "=m"(env) : : "memory");
	printf("cw %x sw %x tw %x\n", env.cw & 0xffff, env.sw & 0x7f00, env.tw & 0xffff);
	__asm__ volatile("frstor %0; fnstsw %%ax" : : "m"(env) : "ax");
	__asm__ volatile("fninit");
	return 0;
}
