// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * preempt: makes asynchronous stops of Unicorn sound, by taking the place of one of its functions.
 *
 * While Unicorn (up to 2.1.1) translates a guest instruction that touches memory, it calls
 * check_exit_request_x86_64(), which emits "leave now if somebody asked to stop" after the access. Leaving
 * there is wrong: the engine restarts at the *beginning of the block*, so whatever the block did before
 * that access (a push, an add, a store) happens twice. It goes unseen as long as only hooks stop the
 * engine; under a periodic tick, a signal or another thread's request real programs crash or hang.
 *
 * Each block also begins with such a check, where nothing was done yet, and those suffice: a block is
 * straight-line code of at most 512 instructions. So the check after each access is not needed at all;
 * without it stops are sound and the generated code is smaller and faster.
 *
 * The function is an ordinary global symbol, and libunicorn calls it through its PLT. A function of
 * the same name that the dynamic linker finds first (exported by the executable, or by a libulk that comes
 * before libunicorn in the link order) takes its place. In a static link the linker keeps the definition it
 * sees first, ours, with -Wl,--allow-multiple-definition. Both are in cpu_link_args (cpu/meson.build).
 *
 * Whether it worked is proved and not assumed: cpu_create() translates one load and asks
 * preempt_replaced(). If it did not (a later Unicorn that inlines the function, a host program that binds
 * symbols otherwise), cpu_can_preempt() is false and the engine is stopped only from hooks, as always.
 *
 * The other private symbols that ulk touches are those of inside.c, atomic.c and newcode.c.
 */
#include "cpu/engine.h"

/*
 * Set by the replacement, on the translating thread. The function is handed nothing that is ours, so a
 * thread-local is the only place to leave the mark; nothing outside this file sees it.
 */
static _Thread_local bool called;

struct TCGContext;
void check_exit_request_x86_64(struct TCGContext *tcg);

__attribute__((visibility("default"))) void check_exit_request_x86_64(struct TCGContext *tcg)
{
	called = true;
}

void preempt_watch(void)
{
	called = false;
}

bool preempt_replaced(void)
{
	return called;
}
