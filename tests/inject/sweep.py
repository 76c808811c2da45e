#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk sweep`: it finds the bugs of samples/planted.c and nothing where there is nothing, reads back as TAP and JUnit XML, sees hangs and
files, keeps what it found when it is interrupted, and ends on real programs."""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.dom.minidom

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

LIMIT = 120


def sweep(opt, args, **kw):
    env = {'PATH': '/usr/bin:/bin', 'HOME': '/', 'LANG': 'C.UTF-8'}
    kw.setdefault('stdin', subprocess.DEVNULL)
    if 'input' in kw:
        del kw['stdin']
    return subprocess.run([opt.ulk, 'sweep'] + args, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT,
                          universal_newlines=True, check=False, **kw)


def cases(tap):
    """(ok, name, text) of each case, and the lines below it."""
    found, below = [], {}
    for line in tap.split('\n'):
        m = re.match(r'(not )?ok (\d+) - (.*?): (?!error=|nomem|short)(.*)$', line)
        if m:
            found.append((not m.group(1), m.group(3), m.group(4)))
        elif found:
            below.setdefault(found[-1][1], []).append(line)
    return found, below


def planted(opt, base):
    junit = os.path.join(base, 'junit.xml')
    done = sweep(opt, ['--tap', '--junit', junit, '--', opt.planted], input='b\na\n')
    found, below = cases(done.stdout)
    bad = {name: text for ok, name, text in found if not ok}
    want = {'no memory from mmap 1 on': 'dies of SIGSEGV', 'read 1: error=EINTR': 'not handled: exit status 0, other output',
            'write 1: error=ENOSPC': 'exit status 0, but wrong output', 'read 1: error=EIO': 'exit status 0, but wrong output',
            'write 3: error=ENOSPC': 'exit status 0, but wrong output'}
    wrong = [] if bad == want else ['found %s' % bad, 'stdout: %s' % done.stdout[:300], done.stderr[:300]]
    wrong += [] if done.returncode == 1 else ['status %d' % done.returncode]
    wrong += [] if '1..%d' % len(found) in done.stdout.split('\n') else ['no plan of %d' % len(found)]
    crash = '\n'.join(below.get('no memory from mmap 1 on', []))
    for what in ('called by', 'dies of SIGSEGV in', 'main', 'again: "ulk run --inject mmap:nomem:when=1+'):
        wrong += [] if what in crash else ['no "%s" in the stacks' % what, crash]
    suite = xml.dom.minidom.parse(junit).getElementsByTagName('testsuite')[0]
    tests, failures = (len(suite.getElementsByTagName(t)) for t in ('testcase', 'failure'))
    if (tests, failures) != (len(found), 5) or suite.getAttribute('failures') != '5':
        wrong.append('JUnit: %d tests, %d failures' % (tests, failures))
    return wrong


def anew(opt, base):
    """From snapshots and from the start: the same verdicts, in the same order; and there are snapshots."""
    path, wrong = os.path.join(base, 'numbers'), []
    with open(path, 'w', encoding='ascii') as f:
        f.write(''.join('%d\n' % (i * 7919 % 100) for i in range(200)))
    for args, least in (([opt.planted], 10), ([opt.hello], 1), (['/bin/busybox', 'sort', '-u', path], 15), (['/bin/busybox', 'sort'], 15)):
        if not os.path.exists(args[0]):
            continue
        for kw in ({'input': 'b\na\n'}, {'stdin': path}):
            done = []
            for more in ([], ['--anew']):
                stdin = {'stdin': open(path, encoding='ascii')} if 'stdin' in kw else kw
                done.append(sweep(opt, ['--tap'] + more + ['--'] + args, **stdin))
                if 'stdin' in kw:
                    stdin['stdin'].close()
            first, second = (cases(d.stdout)[0] for d in done)
            count = re.search(r'\((\d+) from a snapshot\)', done[0].stdout)
            if first != second or not first or not count or int(count.group(1)) < least or '(0 from a snapshot)' not in done[1].stdout:
                wrong.append('%s: %s, not %s' % (args, [c for c in first if c not in second], [c for c in second if c not in first]))
                wrong.append(done[0].stdout[-200:])
    return wrong


def again(opt, _base):
    """The line that is printed does what it says."""
    done = subprocess.run([opt.ulk, 'run', '--inject', 'mmap:nomem:when=1+', '--inject', 'brk,mremap:nomem:when=6+', opt.planted],
                          input=b'b\na\n', stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, check=False)
    return [] if done.returncode == -signal.SIGSEGV else ['ends with %d' % done.returncode]


def hang(opt, _base):
    done = sweep(opt, ['--tap', '--timeout', '1', '-e', 'trace=write', '-j', '4', '--', opt.swept, 'hang'])
    found, below = cases(done.stdout)
    hung = [name for ok, name, text in found if not ok and text.startswith('hangs')]
    wrong = [] if len(hung) == 4 and len(found) == 4 else ['of %d cases %d hang' % (len(found), len(hung))]
    stacks = '\n'.join(below.get(hung[0], [])) if hung else ''
    return wrong + ([] if re.search(r'hangs in\n(.*syscall_cancel.*\n)*.*pause', stacks) else ['no stack: ' + stacks])


def files(opt, base):
    source = os.path.join(base, 'in')
    os.mkdir(source)
    done = sweep(opt, ['--tap', '--in', source, '-e', 'write,open,openat', '--', opt.swept, 'files'])
    bad = [(name, text) for ok, name, text in cases(done.stdout)[0] if not ok]
    want = [('write 1: error=ENOSPC', 'exit status 0, but wrong files'), ('write 1: short', 'not handled: exit status 0, other files')]
    return [] if bad == want and not os.listdir(source) else ['found %s, left %s' % (bad, os.listdir(source))]


def interrupt(opt, _base):
    p = subprocess.Popen([opt.ulk, 'sweep', '--tap', '-j', '1', '-e', 'write', '--', opt.swept, 'slow'], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    line = ''
    while not re.match('(not )?ok 2', line):
        line = p.stdout.readline() or 'ok 2'
    p.send_signal(signal.SIGINT)
    start = time.monotonic()
    out, _ = p.communicate(timeout=LIMIT)
    wrong = [] if p.returncode == 130 else ['status %d' % p.returncode]
    wrong += [] if re.search(r'# interrupted after \d of 40 runs', out) and '\n1..' in '\n' + out else ['printed ' + out]
    return wrong + ([] if time.monotonic() - start < 5 else ['took its time'])


def silent(opt, _base):
    """A program without bugs, one that does not exist, one whose output differs each time."""
    done = sweep(opt, ['--', opt.hello])
    wrong = [] if re.search(r'runs \(\d+ from a snapshot\): 0 crashed, 0 hung', done.stdout) else [done.stdout]
    done = sweep(opt, ['--', '/nonexistent/program'])
    return wrong + ([] if done.returncode == 127 and 'nonexistent' in done.stderr else ['status %d: %s' % (done.returncode, done.stderr)])


def real(opt, base, name, args, least):
    """It finishes, with as many runs at least."""
    if not shutil.which(args[0]) and not os.path.exists(args[0]):
        return 'SKIP %s is not installed' % name
    with open(os.path.join(base, 'lines'), 'w') as f:
        f.write('b\na\nc\n')
    done = sweep(opt, ['--in', base] + (['-e', 'brk,read,write,pwrite64,fdatasync'] if name == 'sqlite3' else []) + ['--'] + args)
    m = re.search(r'(\d+) calls, (\d+) runs \(\d+ from a snapshot\): (\d+) crashed, (\d+) hung', done.stdout)
    if not m or done.returncode not in (0, 1) or int(m.group(2)) < least or int(m.group(4)):
        return ['status %d, %s %s' % (done.returncode, done.stdout[-500:], done.stderr[-300:])]
    return []


def sort(opt, base):
    return real(opt, base, 'sort', ['busybox', 'sort', 'lines'], 8)


def sqlite(opt, base):
    return real(opt, base, 'sqlite3', ['sqlite3', 't.db', 'create table a(x); insert into a values(3); select * from a;'], 15)


def musl(opt, base):
    return real(opt, base, 'musl', [opt.musl], 8) if opt.musl else 'SKIP musl-gcc is not installed'


TESTS = [(planted, 'the bugs of planted.c'), (anew, 'from snapshots as from the start'), (again, 'the line to see it again'),
         (hang, 'hangs, and where'), (files, '--in, and wrong files'),
         (interrupt, 'Ctrl-C'), (silent, 'nothing to find, nothing to run'), (sort, 'busybox sort'), (sqlite, 'the shell of SQLite'),
         (musl, 'a hello of musl')]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ('--ulk', '--planted', '--swept', '--hello', '--musl'):
        ap.add_argument(name)
    opt = ap.parse_args()
    for name in ('ulk', 'planted', 'swept', 'hello', 'musl'):
        setattr(opt, name, getattr(opt, name) and os.path.abspath(getattr(opt, name)))
    return tap.run([('sweep: ' + name, lambda t=test: tap.in_directory(t, opt)) for test, name in TESTS])


if __name__ == '__main__':
    sys.exit(main())
