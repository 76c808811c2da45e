#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk trace' options against strace's: what -e trace=%CLASS picks out, and the lines of one program with each option.

A class is compared by the names of its calls, as far as this strace knows them all.
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import strace  # pylint: disable=wrong-import-position
import tap  # pylint: disable=wrong-import-position

CLASSES = ['clock', 'creds', 'desc', 'file', 'fstat', 'fstatfs', 'ipc', 'lstat', 'memory', 'net', 'process', 'pure', 'signal', 'stat',
           '%stat', 'statfs', '%statfs']
# With each of them, lines that must be the same.
OPTIONS = [['-y'], ['-yy'], ['-x'], ['-xx'], ['-z'], ['-Z'], ['-e', 'status=failed,unfinished'], ['-P', '/etc/passwd'], ['-n'],
           ['-s', '5'], ['-v'], ['-e', '!read,write'], ['-e', 'trace=/^o'], ['-e', 'trace=?nosuchcall,openat'], ['-a', '60']]
BUSYBOX = '/bin/busybox'


def names(command, program, base):
    out = os.path.join(base, 'out')
    strace.run(command + ['-o', out, program], cwd=base)
    with open(out, errors='replace') as f:
        return set(re.findall(r'^([a-z]\w*)\(', f.read(), re.M))


def compare_class(opt, name, base):
    known = names(strace.STRACE, opt.program, base)
    select = ['-e', 'trace=%' + name]
    native, ulk = (names(command + select, opt.program, base) for command in (strace.STRACE, [opt.ulk, 'trace']))
    # Calls that this strace does not know by name it shows in every class.
    native = {n for n in native if not n.startswith('syscall_0x')}
    return ['%s: natively %s' % (n, 'in it' if n in native else 'not') for n in sorted((native ^ ulk) & known)]


def lines(command, base):
    out = os.path.join(base, 'out')
    strace.run(command + ['-o', out, BUSYBOX, 'cat', '/etc/passwd', '/dev/null', '/nonexistent'], cwd=base)
    with open(out, errors='replace') as f:
        text = f.read()
    text = re.sub(r'getrandom\("[^"]*"', 'getrandom(', text)
    text = re.sub(r'0x[0-9a-f]{5,}', 'POINTER', text)
    text = re.sub(r'(set_tid_address\(.*=) \d+', r'\1 PID', text)
    text = re.sub(r'pipe:\[\d+\]', 'pipe', text)
    text = re.sub(r'^\[ *\d+\] (\+\+\+)', r'\1', text, flags=re.M)   # -n: strace numbers the end, too
    return [re.sub(r' +=', ' =', line) for line in text.splitlines() if not re.search(r'\b(rseq|prlimit64)\(', line)]


def compare_option(opt, option, base):
    native, ulk = (lines(command + option, base) for command in (strace.STRACE, [opt.ulk, 'trace']))
    return list(difflib.unified_diff(native, ulk, 'strace', 'ulk trace', lineterm='', n=0))


def clock_column(opt, base):
    """-r and -t -r: a column of seconds before each line; -A appends; -o |COMMAND gives them to a command."""
    out = os.path.join(base, 'out')
    for options, pattern in ((['-r'], r' {5}\d\.\d{6} \w+\('), (['-t', '-r'], r'\d\d:\d\d:\d\d \(\+ {5}\d\.\d{6}\) \w+\(')):
        strace.run([opt.ulk, 'trace', '-q'] + options + ['-o', out, BUSYBOX, 'true'], cwd=base)
        with open(out) as f:
            wrong = [line for line in f if not re.match(pattern, line)]
        if wrong:
            return ['%s: %s' % (' '.join(options), wrong[0])]
    with open(out) as f:
        before = len(f.readlines())
    strace.run([opt.ulk, 'trace', '-A', '-o', out, BUSYBOX, 'true'], cwd=base)
    with open(out) as f:
        if len(f.readlines()) < 2 * before:
            return ['-A did not append']
    end = strace.run([opt.ulk, 'trace', '-o', '|sed s/^/+/', BUSYBOX, 'true'], cwd=base)
    if b'+execve(' not in end.stdout:
        return ['-o |COMMAND: %r' % end.stdout]
    return []


def stacks(opt, base):
    out = os.path.join(base, 'out')
    strace.run([opt.ulk, 'trace', '-k', '-e', 'trace=dup', '-o', out, opt.program], cwd=base)
    with open(out) as f:
        text = f.read()
    found = re.search(r'^dup\(.*\n > \S+\(\S*syscall\+0x[0-9a-f]+\) \[0x[0-9a-f]+\]\n > \S+\(main\+0x', text, re.M)
    return [] if found else ['no stack: ' + text]


def sorted_table(opt, base):
    out = os.path.join(base, 'out')
    strace.run([opt.ulk, 'trace', '-c', '-S', 'name', '-o', out, BUSYBOX, 'true'], cwd=base)
    with open(out) as f:
        rows = [line.split()[-1] for line in f if re.match(r' *[\d.]+ +[\d.]+ ', line)][:-1]
    return [] if rows and rows == sorted(rows) else ['-S name: %s' % rows]


def killed_child(opt, base):
    """One that was killed, and that nobody waits for, is no reason to go without the table."""
    out = os.path.join(base, 'out')
    strace.run([opt.ulk, 'trace', '-c', '-f', '-o', out, BUSYBOX, 'sh', '-c',
                '%s sleep 100 & kill -9 $!; exec %s sleep 0.5' % (BUSYBOX, BUSYBOX)], cwd=base)
    with open(out) as f:
        text = f.read()
    return [] if re.search(r'total$', text, re.M) else ['no table: %r' % text]


def need_busybox():
    if not shutil.which(BUSYBOX) or subprocess.run([BUSYBOX, 'true'], check=False).returncode:
        raise tap.Skip('no busybox')


def run(test, *args):
    strace.need()
    need_busybox()
    return tap.in_directory(test, *args)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('program')
    opt = ap.parse_args()
    opt.ulk, opt.program = os.path.abspath(opt.ulk), os.path.abspath(opt.program)
    tests = [('%' + name, lambda name=name: run(compare_class, opt, name)) for name in CLASSES]
    tests += [(' '.join(option), lambda option=option: run(compare_option, opt, option)) for option in OPTIONS]
    tests += [('-r, -A, -o |COMMAND', lambda: run(clock_column, opt)), ('-k', lambda: run(stacks, opt)),
              ('-S', lambda: run(sorted_table, opt)), ('-c, a child is killed', lambda: run(killed_child, opt))]
    return tap.run(tests)


if __name__ == '__main__':
    sys.exit(main())
