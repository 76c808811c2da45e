#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No global symbol of ours may also be one of libunicorn's, but for the one that is meant to be.

libunicorn calls its own functions through the PLT (and the static link allows multiple definitions), so a function of ours
with such a name would be called by it, without a word from the linker.
"""
import subprocess
import sys

MEANT = {'check_exit_request_x86_64'}


def symbols(path, dynamic):
    out = subprocess.run(['nm', '-g', '--defined-only'] + (['-D'] if dynamic else []) + [path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    return {f[2].split('@')[0] for f in (line.split() for line in out.splitlines()) if len(f) == 3}


def main():
    archive, library = sys.argv[1:]
    ours, theirs = symbols(archive, False), symbols(library, library.endswith('.so'))
    if not ours or not theirs:
        print('1..0 # SKIP no symbols in %s' % (library if ours else archive))
        return
    clash = sorted(ours & theirs - MEANT)
    print('1..2')
    print('%sok 1 - no name is used twice' % ('not ' if clash else ''))
    for name in clash:
        print('# %s' % name)
    print('%sok 2 - the replacement is there' % ('' if MEANT <= ours & theirs else 'not '))
    sys.exit(1 if clash else 0)


main()
