#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk trace --inject` against strace's -e inject=: the same program, the same lines, the same output and end. And what ulk alone
injects: memory that ends, short reads and writes, EINTR."""
import argparse
import difflib
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import strace  # pylint: disable=wrong-import-position
import tap  # pylint: disable=wrong-import-position

# Options of both, for calls.c.
AS_STRACE = [
    ['inject=getppid:error=EPERM:when=2+2'],
    ['inject=getppid:retval=42:when=2..4'],
    ['inject=getppid:signal=USR1:when=2..5+2'],
    ['inject=chdir:poke_enter=@arg1=2f00', 'inject=read:poke_exit=@arg2=5858'],
    ['inject=read:signal=SIGSEGV:error=EINTR:when=2'],
    ['inject=mmap,brk:error=ENOMEM:when=3+'],
    ['inject=open,openat:error=EMFILE', 'inject=chdir:error=13', 'fault=pipe,pipe2'],
    ['inject=chdir:signal=BUS', 'inject=read:delay_exit=2ms:error=EIO', 'inject=%clock,/nanosleep:signal=ALRM'],
    ['inject=all:error=EINTR:when=1'],
    ['inject=read:signal=USR1', 'inject=getppid:syscall=getpid:error=EIO:when=2', 'inject=chdir:delay_enter=1.5ms'],
    ['inject=fork,clone:error=EAGAIN', 'inject=getcwd:retval=0xffff'],
    ['fault=%desc:when=5', 'inject=chdir:retval=-1'],
]
REFUSED = ['chdir', 'chdir:error=0', 'chdir:error=FOO', 'foo:error=1', 'chdir:when=0:error=1', 'chdir:error=1:retval=2', 'chdir:signal=0',
           'chdir:error=5000', 'chdir:error=1:error=2', 'chdir:when=2..1:error=1', 'chdir:bla']


def as_strace(opt, rules, base):
    strace.need()
    args, got = ['-f'] + [w for r in rules for w in ('-e', r)], {}
    for name, command in (('strace', strace.STRACE), ('ulk', [opt.ulk, 'trace'])):
        out = os.path.join(base, name)
        done = strace.run(command + ['-o', out] + args + [opt.calls])
        # A child may be dead before its parent waits: the signal comes first then, and the call is made again.
        lines = [re.sub(r'(getppid\(\)|sigreturn\(.*\)) = \d{3,}', r'\1 = PID', line) for line in strace.normalise(out)
                 if not re.search(r'wait4\(.* = \? ERESTARTNOINTR', line)]
        got[name] = ['end: %d' % done.returncode] + lines + done.stdout.decode(errors='replace').split('\n')
    if not any('INJECTED' in line or 'SI_KERNEL' in line for line in got['strace']):
        return ['strace injected nothing']
    return list(difflib.unified_diff(got['strace'], got['ulk'], 'strace', 'ulk', lineterm='', n=1))


def refused(opt, _rules, _base):
    strace.need()
    wrong = []
    for rule in REFUSED:
        for command in (['strace', '-o', os.devnull, '-e', 'inject=' + rule], [opt.ulk, 'run', '--inject', rule]):
            if strace.run(command + [opt.calls]).stdout:
                wrong.append('%s took %s' % (command[0], rule))
    return wrong


def expect(want, got):
    return [] if want == got else ['expected %r' % (want,), '     got %r' % (got,)]


def memory(opt, kind, _base):
    done = strace.run([opt.ulk, 'run', '--inject', 'memory:%s=64M' % kind, opt.pressure, 'memory'])
    no = 'Cannot allocate memory'
    return expect(['reserve: worked', '63 MiB, then ' + no, 'brk: ' + no, 'mremap: ' + no, 'mprotect: ' + no, 'read-only: worked',
                   'after a munmap: ' + (no if kind == 'after' else 'worked'), ''], done.stdout.decode().split('\n'))


def short(opt, rules, base):
    data = bytes(i * 7 % 251 for i in range(20000))
    path = os.path.join(base, 'data')
    with open(path, 'wb') as f:
        f.write(data)
    with open(path, 'rb') as f:
        done = strace.run([opt.ulk, 'run'] + [w for r in rules for w in ('--inject', r)] + [opt.pressure, 'copy'], stdin=f)
    counts = [int(w) for w in done.stderr.decode().replace(',', '').split() if w.isdigit()]
    if done.stdout != data or done.returncode:
        return ['the copy differs, status %d' % done.returncode]
    # reads; writes; short ones
    return [] if counts[0] >= 100 and counts[2] > 100 else ['reads, writes, short writes: %s' % counts]


def eintr(opt, rule, _base):
    first, second = (strace.run([opt.ulk, 'run', '--inject', rule, opt.pressure, 'retry']) for _ in range(2))
    words = first.stdout.split()
    if first.stdout != second.stdout:
        return ['two runs differ: %s, %s' % (first.stdout, second.stdout)]
    return [] if first.returncode == 0 and len(words) == 2 and int(words[0]) > 5 else ['output: %s' % first.stdout]


def follow(opt, _rules, _base):
    """Children only with -f, each with counts of its own."""
    wrong = []
    for args, children in (([], 0), (['-f'], 1)):
        done = strace.run([opt.ulk, 'run'] + args + ['--inject', 'getppid:error=EPERM:when=2', opt.calls]).stdout
        wrong += expect((1, children), (done.count(b'getppid -1'), done.count(b'child -1')))
    return wrong


def delay(opt, _rules, _base):
    """In virtual time where time is virtual: an hour for each call takes none."""
    command = [opt.ulk, 'run', '--deterministic', '--inject', 'getppid:delay_enter=1800s:delay_exit=1800s', opt.calls]
    began = time.monotonic()
    done = strace.run(command)
    if b'namespace' in done.stderr:
        return []
    return [] if done.returncode == 0 and time.monotonic() - began < 50 else ['status %d after %d s' % (done.returncode, time.monotonic() - began)]


TESTS = [(as_strace, r, ' '.join(r)) for r in AS_STRACE] + [
    (refused, None, 'what strace refuses'),
    (memory, 'after', 'memory:after'),
    (memory, 'limit', 'memory:limit'),
    (short, ['read:short=100', 'write,writev:short'], 'short reads, half writes'),
    (short, ['read:short=199', 'write,writev:short=50'], 'short reads and writes'),
    (eintr, 'eintr', 'eintr'),
    (eintr, 'eintr:0.1/7', 'eintr:P/SEED'),
    (eintr, 'write,/nanosleep:eintr=0.3', 'SET:eintr'),
    (follow, None, '-f'),
    (delay, None, 'delays in virtual time'),
]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('calls')
    ap.add_argument('pressure')
    opt = ap.parse_args()
    return tap.run([(name, lambda t=test, a=arg: tap.in_directory(t, opt, a)) for test, arg, name in TESTS])


if __name__ == '__main__':
    sys.exit(main())
