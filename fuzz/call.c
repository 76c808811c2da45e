// SPDX-License-Identifier: GPL-2.0-or-later
/* Calling one function with each input, as libFuzzer does: int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size). */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "fuzz/fuzz.h"
#include "libulk/machine.h"
#include "mm/mm.h"

/* Room for the largest input, and behind it a page that nothing can be done with: to read on behind the input is a fault. */
static int make_room(struct ulk_machine *m, struct fuzz_call *call)
{
	struct mm_struct *mm = ulk_machine_task(m)->mm;
	s64 addr = do_mmap(mm, NULL, 0, FUZZ_INPUT_MAX + PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	if (addr > 0)
		addr = do_mmap(mm, NULL, (u64)addr, FUZZ_INPUT_MAX, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	if (addr < 0)
		return (int)addr;
	call->room = (u64)addr;
	call->room_size = FUZZ_INPUT_MAX;
	return 0;
}

/* int LLVMFuzzerInitialize(int *argc, char ***argv), where there is one, with main()'s arguments. */
static int initialize(struct ulk_machine *m)
{
	struct ulk_value args[2] = {};
	struct ulk_returned returned;
	struct ulk_regs r;
	uint64_t addr;
	int err;

	if (ulk_address_of(m, "LLVMFuzzerInitialize", &addr))
		return 0;
	err = ulk_get_regs(m, &r);
	if (!err)
		err = ulk_scratch(m, &r.rdi, sizeof(int), &args[0].u.integer);
	if (!err)
		err = ulk_scratch(m, &r.rsi, sizeof(r.rsi), &args[1].u.integer);
	return err ? err : ulk_call(m, "LLVMFuzzerInitialize", args, 2, &returned, NULL);
}

static uint64_t entry_of(struct ulk_machine *m)
{
	struct ulk_mm mm;

	if (ulk_get_mm(m, &mm))
		return 0;
	for (const uint64_t *auxv = mm.saved_auxv; auxv[0]; auxv += 2)
		if (auxv[0] == AT_ENTRY)
			return auxv[1];
	return 0;
}

int fuzz_call_prepare(const struct fuzz *f, struct ulk_machine *m, struct fuzz_call *call, const char **why)
{
	struct ulk_regs r;
	char back[24];
	int err;

	*why = "there is no such function in the program";
	err = ulk_address_of(m, f->function, &call->function);
	if (err)
		return err;
	err = initialize(m);
	if (!err)
		err = ulk_get_regs(m, &r);
	*why = ulk_machine_error(m);
	if (err)
		return err;
	/* Where the program began no function returns to but ours. */
	call->back = entry_of(m);
	snprintf(back, sizeof(back), "0x%lx", (unsigned long)call->back);
	/* Past the red zone; at a function's first instruction rsp + 8 is a multiple of 16. */
	call->sp = ((r.rsp - 128) & ~15UL) - 8;
	err = ulk_break_at(m, back);
	if (!err)
		err = ulk_write(m, call->sp, &call->back, sizeof(call->back));
	if (err)
		return err;
	*why = "no room for its input";
	return make_room(m, call);
}

int fuzz_call_begin(struct fuzz_call *call, struct ulk_machine *m, const uint8_t *data, size_t size)
{
	uint64_t at = call->room + call->room_size - (size > FUZZ_INPUT_MAX ? FUZZ_INPUT_MAX : size);
	struct ulk_regs r;
	int err = ulk_get_regs(m, &r);

	size = size > FUZZ_INPUT_MAX ? FUZZ_INPUT_MAX : size;
	if (!err && size)
		err = ulk_write(m, at, data, size);
	r.rip = call->function;
	r.rsp = call->sp;
	r.rdi = at;
	r.rsi = size;
	r.rax = 0;
	/* The arithmetic flags and the direction. */
	r.rflags &= ~0xcd5UL;
	return err ? err : ulk_set_regs(m, &r);
}
