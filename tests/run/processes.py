#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left behind: nothing by many forks and execs, and by a kill -9 of ulk what a native one leaves.

    processes.py --ulk ULK --program PROGRAM [--count N] [--moments N] [--only TEXT]

Each way of making processes is run a few times and then --count times; the host process of ulk may have no more
descriptors, mappings and threads after the second than after the first, no children, and hardly more memory.
"""
import argparse
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time

MODES = ['fork', 'fork-exec', 'vfork-exec', 'killed', 'shared', 'wide', 'deep', 'exec', 'memory-exec', 'thread-exec', 'threads']
VICTIMS = ['threads-spin', 'fork-pause', 'fork-pdeathsig', 'vfork-pause', 'vfork-exec', 'pipeline']
PIPELINES = 'echo ready 0; while :; do echo a | (read x; echo $x) | while read y; do : $(echo $y | cat); done; done'
RSS_SLACK_KIB = 1500


def session(sid):
    """The living processes of session @sid: {pid: command}."""
    found = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/stat' % pid) as f:
                text = f.read()
            rest = text[text.rindex(')') + 2:].split()
        except (OSError, ValueError):
            continue
        if int(rest[3]) == sid and rest[0] not in 'ZX':
            found[int(pid)] = text[text.index('('):text.rindex(')') + 1]
    return found


def read_line(p, timeout=120):
    if not select.select([p.stdout], [], [], timeout)[0]:
        raise RuntimeError('no answer in %d s' % timeout)
    line = p.stdout.readline().decode().split()
    if len(line) != 2 or line[0] != 'ready':
        raise RuntimeError('said %r' % line)
    return int(line[1])


def start(command):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def kill_session(p):
    for pid in session(p.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    p.stdin.close()
    p.stdout.close()
    p.wait()


def measure(command):
    p = start(command)
    try:
        pid = read_line(p)
        # A thread that was joined may take a moment more to be gone.
        for _ in range(100):
            status = dict(line.split(':', 1) for line in open('/proc/%d/status' % pid))
            if int(status['Threads']) == 1:
                break
            time.sleep(0.02)
        with open('/proc/%d/maps' % pid) as f:
            maps = len(f.readlines())
        children = ''.join(open('/proc/%d/task/%s/children' % (pid, t)).read()
                           for t in os.listdir('/proc/%d/task' % pid))
        return {'descriptors': len(os.listdir('/proc/%d/fd' % pid)), 'mappings': maps,
                'threads': int(status['Threads']), 'children': len(children.split()),
                'others': len(session(p.pid)) - 1,
                'KiB': int(status['VmRSS'].split()[0]) + int(status.get('VmSwap', '0').split()[0])}
    finally:
        kill_session(p)


def leaks(under, program, mode, count):
    few = measure(under + [program, mode, '20'])
    many = measure(under + [program, mode, str(count)])
    # libc's arenas and stacks come and go, up to a point.
    slack = {'mappings': 40}
    wrong = ['%s: %d, then %d' % (k, few[k], many[k]) for k in few
             if k != 'KiB' and many[k] > few[k] + slack.get(k, 0)]
    wrong += ['%s: %d' % (k, many[k]) for k in ('children', 'others') if many[k]]
    if many['KiB'] > few['KiB'] + RSS_SLACK_KIB:
        wrong.append('memory: %d KiB, then %d KiB' % (few['KiB'], many['KiB']))
    return wrong, ', '.join('%s %d, then %d' % (k, few[k], many[k]) for k in few)


def survivors(command, wait):
    """How many processes are left when the first is killed @wait seconds after it is ready."""
    p = start(command)
    try:
        read_line(p)
        time.sleep(wait)
        os.kill(p.pid, signal.SIGKILL)
        p.wait()
        # Whoever ends by itself may take its time on a loaded machine: what stays for 1 s is left.
        best, since = None, time.monotonic()
        while time.monotonic() - since < 1:
            now = len(session(p.pid))
            if best is None or now < best:
                best, since = now, time.monotonic()
            if not now:
                break
            time.sleep(0.05)
        return best
    finally:
        kill_session(p)


def host_program(command, program):
    """Does a process of @command come to be @program for the host, and not ulk?"""
    p = start(command)
    try:
        read_line(p)
        for _ in range(100):
            for pid in session(p.pid):
                try:
                    if os.readlink('/proc/%d/exe' % pid) == program:
                        return True
                except OSError:
                    pass
            time.sleep(0.02)
        return False
    finally:
        kill_session(p)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('--program', required=True)
    ap.add_argument('--count', type=int, default=300)
    ap.add_argument('--moments', type=int, default=8, help='of a storm in which ulk is killed')
    ap.add_argument('--only')
    opt = ap.parse_args()
    under, program = [os.path.abspath(opt.ulk), 'run'], os.path.abspath(opt.program)
    rnd, failed, number = random.Random(1), 0, 0
    cases = [('nothing left by ' + m, lambda m=m: leaks(under, program, m, opt.count)) for m in MODES]

    def compare(mode, wait):
        native, ulk = survivors([program, mode], wait), survivors(under + [program, mode], wait)
        return ['natively %d are left, of ulk %d' % (native, ulk)] if native != ulk else [], '%d left' % ulk
    cases += [('kill -9: ' + m, lambda m=m: compare(m, 0.1)) for m in VICTIMS]
    bash = [shutil.which('bash-static'), '-c', PIPELINES]
    if bash[0]:
        def pipelines():
            wait = rnd.random() * 0.3
            native, ulk = survivors(bash, wait), survivors(under + ['--'] + bash, wait)
            return ['natively %d are left, of ulk %d' % (native, ulk)] if native != ulk else [], '%d left' % ulk
        cases += [('kill -9 of a shell with pipelines, %d' % i, pipelines) for i in range(opt.moments)]
    cases += [('kill -9 in a storm, %d' % i, lambda: compare('storm', rnd.random() * 0.3)) for i in range(opt.moments)]

    def executed(how):
        native = host_program(under + ['--exec=' + how, program, 'vfork-exec'], os.path.realpath(program))
        return [] if native == (how == 'native') else ['it runs %s' % ('natively' if native else 'under ulk')], ''
    cases += [('--exec=' + how, lambda how=how: executed(how)) for how in ('ulk', 'native')]
    cases = [c for c in cases if not opt.only or opt.only in c[0]]
    print('TAP version 13\n1..%d' % len(cases))
    for name, run in cases:
        number += 1
        try:
            wrong, note = run()
        except (RuntimeError, OSError) as why:
            wrong, note = [str(why)], ''
        print('%s %d - %s' % ('not ok' if wrong else 'ok', number, name), flush=True)
        for line in wrong or [note]:
            print('# ' + line, flush=True)
        failed += bool(wrong)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
