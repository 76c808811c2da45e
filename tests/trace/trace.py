#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk trace -f` against strace's trace of the native run: the same program, the same lines.

What may differ: pointers (0x... of five digits and more) and process ids, which are numbered in order of appearance; ports that the kernel chose;
random bytes; calls of the vDSO, which natively are none; times and the machine's memory in sysinfo.
"""
import argparse
import difflib
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import strace  # pylint: disable=wrong-import-position
import tap  # pylint: disable=wrong-import-position


def trace(command, program, base, out):
    """Both run in a directory of the same name, which is fresh."""
    work = os.path.join(base, 'work')
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    out = os.path.join(base, out)
    strace.run(command + ['-f', '-o', out, program], cwd=work)
    return out


def compare(opt, program, base):
    native = strace.normalise(trace(strace.STRACE, program, base, 'native'))
    ulk = strace.normalise(trace([opt.ulk, 'trace'], program, base, 'ulk'))
    if not native:
        return 'strace printed nothing'
    return list(difflib.unified_diff(native, ulk, 'strace', 'ulk trace', lineterm='', n=1))


def count(command, program, base, out):
    counts = {}
    with open(trace(command + ['-c'], program, base, out)) as f:
        for line in f:
            words = line.split()
            if len(words) in (5, 6) and re.match(r'[\d.]+$', words[0]) and not strace.LEFT_OUT.match(words[-1] + '('):
                counts[words[-1]] = words[3:-1]
    return counts


def compare_counts(opt, program, base):
    """-c: the same calls, as often, with as many errors. The total is left out: LEFT_OUT's calls are in it."""
    native = count(strace.STRACE, program, base, 'native')
    ulk = count([opt.ulk, 'trace'], program, base, 'ulk')
    native.pop('total', None)
    ulk.pop('total', None)
    if not native:
        return 'strace printed no table'
    return ['%s: natively %s, under ulk %s' % (name, native.get(name), ulk.get(name))
            for name in sorted(set(native) | set(ulk)) if native.get(name) != ulk.get(name)]


def run(opt, test, program):
    strace.need()
    return tap.in_directory(test, opt, program)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('programs', nargs='+')
    opt = ap.parse_args()
    opt.ulk = os.path.abspath(opt.ulk)   # programs run in directories of their own
    opt.programs = [os.path.abspath(p) for p in opt.programs]
    tests = [(os.path.basename(p), lambda p=p: run(opt, compare, p)) for p in opt.programs]
    tests += [('-c ' + os.path.basename(p), lambda p=p: run(opt, compare_counts, p)) for p in opt.programs[::5]]
    return tap.run(tests)


if __name__ == '__main__':
    sys.exit(main())
