#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Shells at a terminal, natively and under ulk: keys are typed, and the same must be on the screen.

Ctrl-C, Ctrl-Z, Ctrl-\\, fg, bg, background jobs that read and write the terminal, changes of the window's size,
stopped jobs at the end, and a terminal that goes away.
"""
import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 8 * float(os.environ.get('TEST_TIME_FACTOR', '1'))
ENV = {'PATH': '/usr/bin:/bin', 'TERM': 'dumb', 'LC_ALL': 'C', 'HOME': '/nowhere', 'PS1': '<$?> ', 'HISTFILE': ''}
for _name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'):
    if _name in os.environ:
        ENV[_name] = os.environ[_name]
PROMPT = r'<\d+> $'


class Terminal:
    """A process at a terminal of its own, and what it wrote there."""

    def __init__(self, argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Whoever runs the tests in the background, or under nohup, ignores some for all that follows.
            for sig in signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM:
                signal.signal(sig, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execve(argv[0], argv, ENV)
        self.out, self.seen = '', 0
        self.size(24, 80)

    def size(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern):
        end = time.monotonic() + PATIENCE
        while True:
            m = re.search(pattern, self.out[self.seen:])
            if m:
                self.seen += m.end()
                return
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                self.out += '\n*** waited for %r\n' % pattern
                self.seen = len(self.out)
                return
            try:
                self.out += os.read(self.fd, 65536).decode(errors='replace').replace('\r', '')
            except OSError:
                return

    def foreground(self, comm):
        """Until the terminal's foreground group is led by a process of this name (it has called execve)."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            group = struct.unpack('i', fcntl.ioctl(self.fd, termios.TIOCGPGRP, b'\0' * 4))[0]
            try:
                with open('/proc/%d/stat' % group) as f:
                    stat = f.read()
                if '(%s)' % comm in stat and stat.rsplit(') ', 1)[1][0] == 'S':
                    return
            except OSError:
                pass
            time.sleep(0.01)
        self.out += '\n*** %s does not come to the foreground\n' % comm

    def until(self, comm, state):
        """Until a process of this session has this name and state."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for pid in filter(str.isdigit, os.listdir('/proc')):
                try:
                    with open('/proc/%s/stat' % pid) as f:
                        stat = f.read()
                except OSError:
                    continue
                rest = stat.rsplit(') ', 1)[1].split()
                if '(%s)' % comm in stat and rest[0] == state and int(rest[3]) == self.pid:
                    return
            time.sleep(0.01)
        self.out += '\n*** no %s in state %s\n' % (comm, state)

    def close(self):
        """Hang up; the status of the shell."""
        os.close(self.fd)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status
            time.sleep(0.01)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


def line(t, text):
    t.type(text + '\n')
    t.wait(PROMPT)


def keys(t):
    t.wait(PROMPT)
    t.type('sleep 100\n')
    t.foreground('sleep')
    t.type('\x1a')
    t.wait('Stopped(.|\n)*' + PROMPT)
    line(t, 'jobs')
    t.type('fg\n')
    t.foreground('sleep')
    t.type('\x03')
    t.wait(PROMPT)
    t.type('cat\n')
    t.foreground('cat')
    t.type('hello\n')
    t.wait('hello\n.*hello\n')
    t.type('\x04')
    t.wait(PROMPT)
    t.type('sleep 100\n')
    t.foreground('sleep')
    t.type('\x1c')
    t.wait(PROMPT)
    t.type('sleep 100 | cat\n')
    t.foreground('sleep')
    t.type('\x03')
    t.wait(PROMPT)
    t.type('typed\x03')
    t.wait(PROMPT)
    line(t, 'echo over')


def background(t):
    t.wait(PROMPT)
    line(t, 'sleep 100 & sleep 101 &')
    line(t, 'jobs')
    line(t, 'kill %1; wait %1; echo "killed $?"')
    line(t, 'kill -STOP %2; sleep 0.4')
    line(t, 'jobs')
    line(t, 'bg %2')
    line(t, 'jobs')
    t.type('fg %2\n')
    t.foreground('sleep')
    t.type('\x1a')
    t.wait('Stopped(.|\n)*' + PROMPT)
    line(t, 'bg')
    line(t, 'kill -9 %2; wait %2; echo "killed $?"')
    line(t, '{ sleep 0.4; cat; } > /dev/null &')
    t.until('cat', 'T')
    t.until('bash-static', 'T')
    time.sleep(0.2)     # the shell learns of it
    line(t, 'jobs')
    t.type('fg\n')
    t.wait('cat; } > /dev/null\n')
    t.type('x\n\x04')
    t.wait(PROMPT)
    line(t, 'stty tostop; { sleep 0.4; echo late; } &')
    t.until('bash-static', 'T')
    time.sleep(0.2)
    line(t, 'jobs')
    t.type('fg\n')
    t.wait('late\n' + PROMPT)
    line(t, 'stty -tostop; (sleep 0.4; kill -TSTP $BASHPID; echo goes on) &')
    t.until('bash-static', 'T')
    time.sleep(0.2)
    line(t, 'jobs')
    line(t, 'kill -CONT %1; wait; echo "waited $?"')


def window(t):
    t.wait(PROMPT)
    line(t, 'stty size')
    line(t, "trap 'echo changed' WINCH")
    time.sleep(0.3)     # the prompt is there before the shell reads
    t.size(33, 77)
    time.sleep(0.3)
    line(t, 'stty size')
    line(t, 'echo $LINES $COLUMNS')
    line(t, 'tty | sed "s/[0-9]*$//"')
    line(t, 'ps -o stat= -p $$ | tr -d " "')


def nested(t):
    t.wait(PROMPT)
    t.type(t.shell + '\n')
    t.wait(PROMPT)
    t.type('sleep 100\n')
    t.foreground('sleep')
    t.type('\x1a')
    t.wait('Stopped(.|\n)*' + PROMPT)
    t.type('suspend\n')
    t.wait('Stopped(.|\n)*' + PROMPT)
    line(t, 'echo outer; jobs | wc -l')
    t.type('fg\n')
    t.wait(PROMPT)
    line(t, 'jobs | wc -l')
    t.type('exit\n')
    t.wait('stopped jobs(.|\n)*' + PROMPT)
    t.type('exit\n')
    t.wait(PROMPT)
    line(t, 'sleep 200 & echo started')


CASES = [keys, background, window, nested]


def shown(text):
    return re.sub(r'\b\d{3,}\b(?!\s*(&|\|))', lambda m: m.group() if m.group() in ('100', '101', '130', '131', '137', '143',
                                                                                  '148', '146', '147', '200') else 'PID', text)


def run(argv, shell, case):
    t = Terminal(argv)
    t.shell = shell
    case(t)
    status = t.close()
    return shown(t.out) + '\nstatus %s\n' % status


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--launch', help='(not needed)')
    ap.add_argument('--ulk', help='without it, two native runs are compared')
    ap.add_argument('--shell', default='/bin/bash-static')
    ap.add_argument('--only', default='')
    ap.add_argument('--show', action='store_true')
    opt = ap.parse_args()
    cases = [c for c in CASES if opt.only in c.__name__]
    failed = 0
    print('TAP version 13\n1..%d' % len(cases))
    for i, case in enumerate(cases):
        name = '%d - %s %s' % (i + 1, os.path.basename(opt.shell), case.__name__)
        if not os.path.exists(opt.shell):
            print('ok %s # SKIP %s is not there' % (name, opt.shell))
            continue
        argv = [opt.shell, '--norc', '--noprofile', '--noediting', '-i']
        ulk = [opt.ulk, 'run'] + argv if opt.ulk else argv
        a, b = run(argv, ' '.join(argv), case), run(ulk, ' '.join(argv), case)
        if opt.show:
            print('# ' + a.replace('\n', '\n# '))
        bad = '***' in a or a != b
        failed += bad
        print(('not ok ' if bad else 'ok ') + name)
        if bad:
            import difflib
            for d in difflib.unified_diff(a.splitlines(), b.splitlines(), 'native', 'ulk', lineterm=''):
                print('# ' + d)
            if a == b:
                print('# ' + a.replace('\n', '\n# '))
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
