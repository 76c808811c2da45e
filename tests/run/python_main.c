// SPDX-License-Identifier: GPL-2.0-or-later
/* CPython, linked statically (its library's own programs are not). */
#include <Python.h>

int main(int argc, char **argv)
{
	return Py_BytesMain(argc, argv);
}
