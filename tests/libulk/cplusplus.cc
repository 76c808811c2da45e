// SPDX-License-Identifier: GPL-2.0-or-later
// The headers from C++: cplusplus GUEST.
#include <cstdio>
#include <ulk.h>

namespace {

void on_call(ulk_machine *, ulk_syscall *, void *count)
{
	++*static_cast<int *>(count);
}

} // namespace

int main(int argc, char **argv)
{
	ulk_config config = {};
	ulk_callbacks callbacks = {};
	ulk_result result = {};
	ulk_machine *machine = nullptr;
	struct ulk_watch *watch = nullptr; // a function has the same name
	char *const args[] = {argv[1], nullptr}, *const env[] = {nullptr};
	int calls = 0;

	config.memory = 64 << 20;
	callbacks.syscall_enter = on_call;
	if (argc != 2 || ulk_machine_new(&config, &machine) || ulk_load(machine, argv[1], args, env) ||
	    ulk_watch(machine, &callbacks, &calls, &watch) || ulk_run(machine, &result)) {
		std::fprintf(stderr, "%s\n", ulk_machine_error(machine));
		return 1;
	}
	ulk_machine_free(machine);
	std::printf("status %d after %d calls\n", result.code, calls);
	return result.end == ULK_END_EXIT && result.code == 3 && calls > 3 ? 0 : 1;
}
