// SPDX-License-Identifier: GPL-2.0-or-later
/* random: what rdrand and rdseed give, where it is to repeat. Taken over as the functions of inside.c are; the original says by the
 * carry flag that there was a number. */
#include "cpu/engine.h"

struct CPUX86State;
typedef u64 rdrand_fn(struct CPUX86State *env);
rdrand_fn __wrap_helper_rdrand_x86_64;
__attribute__((weak)) rdrand_fn __real_helper_rdrand_x86_64;

__attribute__((visibility("default"))) u64 __wrap_helper_rdrand_x86_64(struct CPUX86State *env)
{
	u64 value = ((rdrand_fn *)inside_original(INSIDE_RDRAND, __real_helper_rdrand_x86_64))(env);
	struct cpu *cpu = inside_engine();

	return cpu && cpu->random_fn ? cpu->random_fn(cpu->random_arg) : value;
}

void cpu_set_random(struct cpu *cpu, u64 (*fn)(void *arg), void *arg)
{
	cpu->random_fn = fn;
	cpu->random_arg = arg;
}
