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
import subprocess
import sys
import tempfile

from trace_lines import LEFT_OUT, normalise

LIMIT = 60


def trace(command, program, work, out):
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    env = {'PATH': '/usr/bin:/bin', 'HOME': '/', 'LANG': 'C.UTF-8', 'TZ': 'UTC'}
    subprocess.run(command + ['-f', '-o', out, program], cwd=work, env=env, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT, check=False)
    return normalise(out)


def compare(opt, program, base):
    work = os.path.join(base, 'work')
    native = trace(['setarch', '-R', 'strace'], program, work, os.path.join(base, 'native'))
    ulk = trace([opt.ulk, 'trace'], program, work, os.path.join(base, 'ulk'))
    if not native:
        return ['strace printed nothing']
    return list(difflib.unified_diff(native, ulk, 'strace', 'ulk trace', lineterm='', n=1))


def count(command, program, work, out):
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    subprocess.run(command + ['-f', '-c', '-o', out, program], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=LIMIT, check=False)
    counts = {}
    with open(out) as f:
        for line in f:
            words = line.split()
            if len(words) in (5, 6) and re.match(r'[\d.]+$', words[0]) and not LEFT_OUT.match(words[-1] + '('):
                counts[words[-1]] = words[3:-1]
    return counts


def compare_counts(opt, program, base):
    """-c: the same calls, as often, with as many errors. The total is left out: LEFT_OUT's calls are in it."""
    work = os.path.join(base, 'work')
    native = count(['setarch', '-R', 'strace'], program, work, os.path.join(base, 'native'))
    ulk = count([opt.ulk, 'trace'], program, work, os.path.join(base, 'ulk'))
    native.pop('total', None)
    ulk.pop('total', None)
    if not native:
        return ['strace printed no table']
    return ['%s: natively %s, under ulk %s' % (name, native.get(name), ulk.get(name))
            for name in sorted(set(native) | set(ulk)) if native.get(name) != ulk.get(name)]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('programs', nargs='+')
    opt = ap.parse_args()
    opt.ulk = os.path.abspath(opt.ulk)   # programs run in directories of their own
    tests = [(os.path.basename(p), compare, p) for p in opt.programs]
    tests += [('-c ' + os.path.basename(p), compare_counts, p) for p in opt.programs[::5]]
    print('TAP version 13\n1..%d' % len(tests))
    have = shutil.which('strace') and subprocess.run(['strace', '-o', os.devnull, 'true'], stderr=subprocess.DEVNULL,
                                                     check=False).returncode == 0
    failed = False
    for number, (name, test, program) in enumerate(tests, 1):
        if not have:
            print('ok %d - %s # SKIP strace cannot trace here' % (number, name))
            continue
        with tempfile.TemporaryDirectory() as base:
            try:
                diff = test(opt, program, base)
            except subprocess.TimeoutExpired as e:
                diff = ['no end: %s' % ' '.join(e.cmd)]
        failed |= bool(diff)
        print('%sok %d - %s' % ('not ' if diff else '', number, name))
        for line in diff[:60]:
            print('# ' + line)
        sys.stdout.flush()
    return failed


if __name__ == '__main__':
    sys.exit(main())
