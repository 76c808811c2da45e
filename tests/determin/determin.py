#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`--deterministic`: run after run the same `ulk trace -f`, byte for byte, also while the machine is busy; another seed, another run.
`--runs N` for more of them."""
import argparse
import hashlib
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

LIMIT = 120
NO_NAMESPACE = 'SKIP no process namespace is to be had here'


def start(opt, base, number, args, program):
    out = os.path.join(base, str(number))
    env = {'PATH': '/usr/bin:/bin', 'HOME': '/', 'LANG': 'C.UTF-8'}
    return out, subprocess.Popen([opt.ulk, 'trace', '-f', '-s', '256', '-o', out] + args + (program if isinstance(program, list) else [program]), env=env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def runs(opt, base, n, program, arg='--deterministic'):
    """(hash of output and trace: how often) of n runs, two at a time."""
    found, err = {}, b''
    for i in range(0, n, 2):
        for out, p in [start(opt, base, k, [arg], program) for k in range(i, min(i + 2, n))]:
            text, err = p.communicate(timeout=LIMIT)
            with open(out, 'rb') as f:
                trace = f.read()
            h = hashlib.md5(text + b'%d' % p.returncode + trace).hexdigest()
            found.setdefault(h, [0, text, trace, p.returncode])[0] += 1
    return found, err.decode(errors='replace')


def same(opt, base, program, n):
    found, err = runs(opt, base, n, program)
    if 'namespace' in err:
        return NO_NAMESPACE
    wrong = []
    if len(found) != 1:
        wrong = ['%d runs, %d different:' % (n, len(found))]
        a, b = [f[2].decode(errors='replace').split('\n') for f in list(found.values())[:2]]
        for i, (x, y) in enumerate(zip(a, b)):
            if x != y:
                wrong += ['line %d: %s' % (i + 1, x[:200]), '         %s' % y[:200]]
                break
    elif list(found.values())[0][3]:
        wrong = ['status %d' % list(found.values())[0][3]]
    return wrong


def threads(opt, base):
    return same(opt, base, opt.threads, opt.runs)


def go_program(source, base):
    program = os.path.join(base, os.path.basename(source)[:-3])
    env = dict(os.environ, CGO_ENABLED='0', GOFLAGS='-mod=mod', GOCACHE=os.path.join(base, 'cache'), HOME=base)
    if not shutil.which('go') or subprocess.run(['go', 'build', '-o', program, source], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                                check=False).returncode:
        return None
    return program


def go(opt, base):
    program = go_program(opt.go, base)
    return program and same(opt, base, program, opt.runs)


def go_net(opt, base):
    program = go_program(opt.go_net, base)
    return program and same(opt, base, program, opt.runs)


def seeds(opt, base):
    one, two = (list(runs(opt, base, 2, opt.threads, "--deterministic=%d" % s)[0].values()) for s in (1, 2))
    return [] if len(one) == len(two) == 1 and one[0][1] != two[0][1] else ['%d and %d kinds' % (len(one), len(two))]


def fixed(opt, base):
    found, err = runs(opt, base, 1, opt.threads)
    if 'namespace' in err:
        return NO_NAMESPACE
    first = list(found.values())[0][1].decode().split('\n')[0]
    return [] if re.match(r'[0-9a-f]+ [0-9a-f]+ 1000\.\d+ 30000\d+ pid 2$', first) else [first]


def waits(opt, base):
    want = ['sleep: 3600', 'poll 0: 3600', 'select 0: 3600', 'epoll 0: 3600', 'pause, 1: 3600', 'sigsuspend, 2: 1000',
            'read -1 Interrupted system call: 1000', 'sigwaitinfo 14: 1000', 'child: 60', 'parent: 60', '']
    done = subprocess.run([opt.ulk, 'run', '--deterministic', opt.waits], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=LIMIT,
                          check=False)
    got = done.stdout.decode().split('\n')
    return [] if got == want else ['got %s, status %d' % (got, done.returncode)]


def timers(opt, base):
    want = ['timer 42 after 500', 'absolute: 99 left', 'blocked for 45 s: 1, overrun 3', 'read -1 Resource temporarily unavailable',
            'poll 1 after 5', 'ticks 4', 'in a child 1', 'asleep: 0', 'CPU time 1, less than a second: 1']
    done = subprocess.run([opt.ulk, 'run', '--deterministic', opt.timers], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=LIMIT,
                          check=False)
    got = done.stdout.decode().split('\n')[:len(want)]
    return same(opt, base, opt.timers, 3) if got == want else ['got %s, status %d' % (got, done.returncode)]


def stops(opt, base):
    """It is outside meanwhile, so the trace need not repeat; but nobody waits for ever."""
    want = 'stopped 1 by 19\nstopped 1 by 19\nexit 5\n'
    done = [subprocess.run([opt.ulk, 'run', '--deterministic', opt.stops], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           timeout=LIMIT, check=False) for _ in range(5)]
    return ['got %s, status %d' % (d.stdout, d.returncode) for d in done if d.stdout.decode() != want]


def signals(opt, base):
    """Which thread takes one, and how often, is the same each time; who was stopped or killed is so when kill() returns."""
    done = subprocess.run([opt.ulk, 'run', '--deterministic', opt.signals], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=LIMIT,
                          check=False)
    if b'\nstopped and killed: 10\n' not in done.stdout:
        return ['got %s, status %d' % (done.stdout, done.returncode)]
    return same(opt, base, opt.signals, opt.runs)


def processes(opt, base):
    """A pipeline, background processes and signals between them."""
    script = 'for i in 3 1 2; do echo $i; done | busybox sort | cat; (busybox sleep 1; echo x) & echo y; busybox sleep 5 & kill $!; wait; echo $? $RANDOM'
    return same(opt, base, ['/bin/bash-static', '-c', script], opt.runs) if os.path.exists('/bin/bash-static') and shutil.which('busybox') else None


def ends(opt, _base):
    """Statuses and signals come through the namespace."""
    wrong = []
    if not shutil.which('busybox'):
        return 'SKIP busybox is not installed'
    for script, want in (('exit 7', 7), ('kill -TERM $$', -15), ('true', 0)):
        got = subprocess.run([opt.ulk, 'run', '--deterministic', 'busybox', 'sh', '-c', script], stdin=subprocess.DEVNULL, timeout=LIMIT,
                             check=False).returncode
        wrong += [] if got == want else ['%s: %d' % (script, got)]
    return wrong


def directory(opt, base):
    """By name, in whatever order the files came."""
    for name in 'qhzac':
        open(os.path.join(base, name), 'w').close()
    if not shutil.which('busybox'):
        return 'SKIP busybox is not installed'
    done = subprocess.run([opt.ulk, 'run', '--deterministic', 'busybox', 'find', '.'], cwd=base, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=LIMIT, check=False)
    return [] if done.stdout.split() == [b'.', b'./a', b'./c', b'./h', b'./q', b'./z'] else [repr(done.stdout)]


def replay(opt, base):
    """Recorded once, played with the files gone: the same output and trace, and nothing is written."""
    wrong = []
    if not shutil.which('busybox'):
        return 'SKIP busybox is not installed'
    for name, program in (('sort', ['busybox', 'sort', 'in/lines', '-']), ('find', ['busybox', 'find', 'in']), ('cp', ['busybox', 'cp', 'in/lines', 'in/x']),
                          ('none', ['busybox', 'cat', 'in/none']),
                          ('sqlite3', ['sqlite3', 'in/db', 'create table a(x); insert into a values(3),(4); select sum(x) from a'])):
        if not shutil.which(program[0]):
            continue
        got = []
        os.mkdir(os.path.join(base, 'in'))
        with open(os.path.join(base, 'in', 'lines'), 'w') as f:
            f.write('z\nb\na\n')
        for verb, text in (('--record', b'm\n'), ('--replay', b'')):
            done = subprocess.run([opt.ulk, 'trace', '-o', verb, verb, 'recording'] + program, cwd=base, input=text, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=LIMIT, check=False)
            with open(os.path.join(base, verb), 'rb') as f:
                got.append((done.returncode, done.stdout, done.stderr, f.read()))
            shutil.rmtree(os.path.join(base, 'in'), ignore_errors=True)
        if 'namespace' in got[0][2].decode():
            return NO_NAMESPACE
        if got[0] != got[1] or got[0][0] != (1 if name == 'none' else 0):
            wrong += ['%s: %s' % (name, [g[:3] for g in got])]
            wrong += [a.decode() + '\n# ' + b.decode() for a, b in zip(got[0][3].split(b'\n'), got[1][3].split(b'\n')) if a != b][:2]
        if os.path.exists(os.path.join(base, 'in')):
            wrong.append('%s: the replay made a directory' % name)
    done = subprocess.run([opt.ulk, 'run', '--replay', 'recording', 'busybox', 'uname'], cwd=base, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=LIMIT, check=False)
    if done.returncode != 125 or b'replay: call' not in done.stderr:
        wrong.append('another program is played: %s' % done.stderr)
    return wrong


def replay_processes(opt, base):
    """A script with a pipeline, a background process and files, played without them; and played from a file that is damaged."""
    if not os.path.exists('/bin/bash-static') or not shutil.which('busybox'):
        return None
    script = ('cat in | busybox sort | while read a; do echo "got $a"; done; read line <in; echo $line; (busybox sleep 0.1; cat in) & wait; '
              'echo done $RANDOM >out; cat out; busybox ls -l | busybox wc -l')
    wrong, got = [], []

    def run(verb, file):
        return subprocess.run([opt.ulk, 'run', verb, file, '/bin/bash-static', '-c', script], cwd=base, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, check=False)

    with open(os.path.join(base, 'in'), 'w') as f:
        f.write('3\n1\n')
    for verb in ('--record', '--replay'):
        done = run(verb, 'recording')
        got.append((done.returncode, done.stdout, done.stderr))
        for name in ('in', 'out'):
            if os.path.exists(os.path.join(base, name)):
                os.unlink(os.path.join(base, name))
            elif verb == '--record':
                wrong.append('the script made no file')
    if b'namespace' in got[0][2]:
        return None
    if got[0] != got[1] or got[0][0] or b'got 1\ngot 3\n3\n' not in got[0][1]:
        wrong += ['%s' % (g,) for g in got]
    with open(os.path.join(base, 'recording'), 'rb') as f:
        whole = f.read()
    for n, damaged in enumerate((whole[:len(whole) // 2], whole[:-1], whole[:len(whole) // 3] + b'\x55' + whole[len(whole) // 3 + 1:], whole[:8], b'')):
        with open(os.path.join(base, 'damaged'), 'wb') as f:
            f.write(damaged)
        done = run('--replay', 'damaged')
        if done.returncode != 125 or done.stderr.count(b'\n') != 1:
            wrong.append('damage %d: %d, %s' % (n, done.returncode, done.stderr))
    return wrong


def line(p, word):
    """The next line of output, with the right word in it."""
    text = p.stdout.readline()
    if word not in text:
        p.kill()
        raise AssertionError('%s: %s' % (word, text + p.stdout.read()))
    return text


def send_until(p, sig, word):
    """Again and again, for it may come before the call that it shall interrupt."""
    text, end = b'', time.monotonic() + LIMIT
    while time.monotonic() < end and p.poll() is None:
        time.sleep(0.02)
        os.kill(p.pid, sig)
        while select.select([p.stdout], [], [], 0.1)[0]:
            text += p.stdout.readline()
            if word in text.split(b'\n')[-2]:
                return text
    p.kill()
    raise AssertionError('%s: %s' % (word, text))


def record_outside(opt, base):
    """Messages, terminal and signals, each when the program is there."""
    master, slave = pty.openpty()
    with subprocess.Popen([opt.ulk, 'trace', '-o', 'record', '--record', 'recording', opt.outside], cwd=base, stdin=slave,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0) as p:
        os.close(slave)
        text = line(p, b'bind 0')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            for message in (b'one', b'two', b'three'):
                s.sendto(message, os.path.join(base, 'socket'))
        text += line(p, b'3 messages')
        os.write(master, b'x' * 80 + b'\n')
        text += line(p, b'readv 81 x')
        for sig, word in ((signal.SIGUSR1, b'at'), (signal.SIGUSR2, b'at'), (signal.SIGUSR1, b'pause'), (signal.SIGUSR1, b'ppoll'),
                          (signal.SIGUSR2, b'at'), (signal.SIGUSR1, b'read')):
            text += send_until(p, sig, word)
        text += line(p, b'1000.')
        os.kill(p.pid, signal.SIGTERM)
        text += p.stdout.read()
    os.close(master)
    os.unlink(os.path.join(base, 'socket'))
    return text, p.returncode


def replay_outside(opt, base):
    wrong = []
    text, status = record_outside(opt, base)
    if b'namespace' in text:
        return NO_NAMESPACE
    for _ in range(2):
        done = subprocess.run([opt.ulk, 'trace', '-o', 'replay', '--replay', 'recording', opt.outside], cwd=base, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
        if (done.stdout, done.returncode) != (text, status) or status != -signal.SIGTERM:
            wrong += ['%d, %d:' % (status, done.returncode), repr(text), repr(done.stdout)]
        with open(os.path.join(base, 'record'), 'rb') as a, open(os.path.join(base, 'replay'), 'rb') as b:
            wrong += [] if a.read() == b.read() else ['other traces']
    return wrong


TESTS = [(threads, 'threads'), (go, 'a Go program'), (go_net, 'a server in Go'), (seeds, 'seeds'), (fixed, 'time, random bytes, TSC and process id'), (waits, 'virtual time'),
         (timers, 'timers, /dev/urandom and /proc'), (processes, 'processes'),
         (stops, 'a process that stops itself'), (signals, 'signals'), (directory, 'the order in directories'), (ends, 'ends'), (replay, '--record and --replay'),
         (replay_processes, '--replay of processes'),
         (replay_outside, '--replay of signals, messages and a terminal')]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ('--ulk', '--threads', '--waits', '--timers', '--stops', '--signals', '--outside', '--go', '--go-net'):
        ap.add_argument(name, required=True)
    ap.add_argument('--runs', type=int, default=4)
    opt = ap.parse_args()
    for name in ('ulk', 'threads', 'waits', 'timers', 'stops', 'signals', 'outside', 'go', 'go_net'):
        setattr(opt, name, os.path.abspath(getattr(opt, name)))
    return tap.run([(name, lambda t=test: tap.in_directory(t, opt)) for test, name in TESTS])


if __name__ == '__main__':
    sys.exit(main())
