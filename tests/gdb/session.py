#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions of a stock gdb with `ulk run --gdb`, each command's answer checked, and compared with gdb's on the native process."""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

MARK = '@@@'


# (name, argument of the program, [(command, what its answer must match)], compare with the native session?)
SESSIONS = [
    ('code', 'plain', [
        ('info registers rip', r'_start'),
        ('break leaf', r'Breakpoint 1 at'),
        ('continue', r'Breakpoint 1, leaf \(n=1\)'),
        ('backtrace', r'#1 .*middle \(n=1\).*\n#2 .*main \(argc=2'),
        ('info args', r'n = 1'),
        ('finish', r'Value returned is \$1 = 2'),
        ('next', r'39\t|int b = leaf'),
        ('step', r'Breakpoint 1, leaf \(n=2\)'),
        ('up', r'#1 .*middle'),
        ('print a', r'= 2'),
        ('frame 0', r'#0  leaf'),
        ('until', r'return counter'),
        ('stepi', r'0x'),
        ('nexti', r''),
        ('x/3i $pc', r'=> 0x'),
        ('delete', r''),
        ('tbreak floating', r'Temporary breakpoint'),
        ('continue', r'floating \(a=1.5, b=4\)'),
        ('print $xmm0.v2_double[0]', r'= 1.5'),
        ('print $xmm1.v2_double[0]', r'= 4'),
        ('next', r'c \+ 0.5'),
        ('print c', r'= 6'),
        ('print $mxcsr', r'IM DM ZM OM UM PM'),
        ('print/x $fctrl', r'= 0x37f'),
        ('print $ftag', r'= 65535'),
        ('print $orig_rax', r'= -1'),
        ('print $fs_base != 0', r'= 1'),
        ('print $gs_base', r'= 0'),
        ('print/x $cs', r'= 0x33'),
        ('print $eflags', r'\['),
        ('set var $rax = 0x1234', r''),
        ('print/x $rax', r'0x1234'),
        ('advance until_here', r'until_here|main'),
        ('print per_thread', r'= 7'),
        ('print origin', r'x = 1, y = 2, weight = 2.5, name = "origin'),
        ('set var origin.x = 9', r''),
        ('print origin.x', r'= 9'),
        ('print origin.name', r'origin'),
        ('find &origin, +64, (int)2', r'<origin\+4>\n1 pattern'),
        ('x/s origin.name', r'"origin"'),
        ('ptype origin', r'double weight'),
        ('info symbol leaf', r'leaf in section .text'),
        ('x/2xb leaf', r'0x55'),
        ('hbreak until_here', r'Hardware assisted breakpoint'),
        ('continue', r'until_here \(n=4\)'),
        ('info breakpoints', r'hw breakpoint'),
        ('delete', r''),
        ('tbreak 1 +', r''),
        ('info line until_here', r'Line \d+'),
        ('continue', r'exited with code'),
    ], True),
    # Where the native gdb of a host may have no way: it writes the extended state, and knows TLS from libthread_db.
    ('written', 'plain', [
        ('break leaf', r''),
        ('continue', r'leaf'),
        ('set var $xmm7.v4_int32[2] = 77', r''),
        ('print $xmm7.v4_int32', r'\{-?\d+, -?\d+, 77, -?\d+\}'),  # the others are as the C library left them
        ('set var $st0 = 1.5', r''),
        ('print $st0', r'= 1.5'),
        ('print (int)errno', r'= 0'),
        ('print per_thread', r'= 7'),
        ('set var per_thread = 8', r''),
        ('print per_thread', r'= 8'),
        ('delete', r''),
        ('print middle(5)', r'= 32'),
        ('print counter', r'= 11'),
        ('print floating(2.0, 8.0)', r'= 16.5'),
        ('break leaf', r''),
        ('print middle(1)', r'being debugged stopped while in a function called from GDB|leaf \(n=1\)'),
        ('bt', r'<function called from gdb>'),
        ('finish', r'Value returned is'),
        ('set var $rip = leaf', r''),
        ('info registers rip', r'<leaf'),
        ('continue', r'leaf'),
        ('kill', r'killed'),
    ], False),
    ('breakpoints-everywhere', 'plain', [
        ('break leaf', r''),
        ('break middle', r''),
        ('break floating', r''),
        ('break until_here', r''),
        ('continue', r'middle'),
        ('continue', r'leaf \(n=1\)'),
        ('continue', r'leaf \(n=2\)'),
        ('continue', r'floating'),
        ('continue', r'until_here'),
        ('return 5', r''),
        ('delete', r''),
        ('continue', r'exited with code'),
    ], True),
    ('conditions', 'plain', [
        ('break leaf if n == 2', r'Breakpoint 1'),
        ('continue', r'leaf \(n=2\)'),
        ('tbreak until_here', r''),
        ('commands 1\nsilent\nend', r''),
        ('continue', r'until_here \(n=4\)'),
        ('watch sum', r'Hardware watchpoint'),
        ('continue', r'Old value[^$]*New value'),
        ('continue', r'Old value = [01]\nNew value = [13]'),
        ('info watchpoints', r'hw watchpoint'),
        ('delete', r''),
        ('until', r''),
        ('up', r'main'),
        ('kill', r'killed'),
    ], True),
    ('threads', 'threads', [
        ('break met', r'Breakpoint 1'),
        ('continue', r'Breakpoint 1, met \(who=1\)'),
        ('info threads', r'"worker-1"[^$]*"worker-2"'),
        ('thread', r'Current thread is 2'),
        ('thread apply all bt', r'worker \(arg=0x1\)[^$]*threads \(\)'),
        ('thread apply 1 bt', r'threads \(\) at'),
        ('thread apply 3 bt', r'worker \(arg=0x2\)'),
        ('print per_thread', r'= 7'),
        ('next', r'63|}'),
        ('print per_thread', r'= 8'),
        ('thread 1', r'Switching to thread 1'),
        ('print per_thread', r'= 7'),
        ('thread 3', r'Switching to thread 3'),
        ('print per_thread', r'= 7'),
        ('print $_thread', r'= 3'),
        ('continue', r'met \(who=2\)'),
        ('print $_thread', r'= 3'),
        ('bt 2', r'worker \(arg=0x2\)'),
        ('set scheduler-locking on', r''),
        ('next', r'}'),
        ('stepi', r''),
        ('set scheduler-locking off', r''),
        ('continue', r'met \(who=10\)'),
        ('info threads', r'\* 1 '),
        ('print turn', r'= 3'),
        ('continue', r'exited with code 021'),
    ], True),
    ('watchpoints', 'watch', [
        ('break touch_page', r''),
        ('continue', r'touch_page'),
        ('watch -l page[100]', r'Hardware watchpoint 2'),
        ('continue', r"Old value = 0 '\\000'\nNew value = 1 '\\001'"),
        ('continue', r"Old value = 1 '\\001'\nNew value = 3 '\\003'"),
        ('delete', r''),
        ('finish', r'touch_page|Value returned'),
        ('watch origin.x', r'Hardware watchpoint'),
        ('continue', r'Old value = 1\nNew value = 5'),
        ('continue', r'Old value = 5\nNew value = 6'),
        ('delete', r''),
        ('awatch origin.x', r'access \(read/write\) watchpoint'),
        ('continue', r'Value = 6'),
        ('delete', r''),
        ('continue', r'exited with code 07'),
    ], True),
    ('read-watchpoint', 'watch', [
        ('break touch_page', r''),
        ('continue', r'touch_page'),
        ('rwatch -l page[100]', r'read watchpoint'),
        ('continue', r"Value = 0"),
        ('continue', r"Value = 1"),
        ('delete', r''),
        ('continue', r'exited with code 07'),
    ], False),
    ('signals', 'signals', [
        ('info signals SIGUSR1', r'Yes\s+Yes\s+Yes'),
        ('handle SIGALRM stop print', r''),
        ('break handled', r''),
        ('continue', r'received signal SIGUSR1'),
        ('print $_siginfo.si_signo', r'= 10'),
        ('print $_siginfo._sifields._kill.si_pid == $_inferior_pid', r''),
        ('continue', r'handled \(sig=10\)'),
        ('bt', r'<signal handler called>'),
        ('print info->si_signo', r'context|= 10|No symbol'),
        ('continue', r'received signal SIGUSR2'),
        ('print $_siginfo._sifields._rt.si_sigval.sival_int', r'= 1234'),
        ('print $_siginfo.si_code', r'= -1'),
        ('signal 0', r'received signal SIGALRM'),
        ('print flag', r'= 10'),
        ('signal SIGUSR2', r'handled \(sig=12\)'),
        ('continue', r'exited with code 026'),
    ], True),
    ('pass-signals', 'signals', [
        ('handle SIGUSR1 nostop noprint pass', r''),
        ('info signals SIGUSR1', r'No\s+No\s+Yes'),
        ('handle SIGUSR2 nostop noprint nopass', r''),
        ('handle SIGALRM stop nopass', r''),
        ('continue', r'received signal SIGALRM'),
        ('print flag', r'= 10'),
        ('continue', r'exited with code 012'),
    ], True),
    ('death', 'signals', [
        ('handle SIGUSR1 SIGUSR2 nostop noprint', r''),
        ('continue', r'terminated with signal SIGALRM'),
    ], True),
    ('crash', 'crash', [
        ('continue', r'received signal SIGSEGV[^$]*crash \(\)'),
        ('bt', r'crash[^$]*main'),
        ('print $_siginfo._sifields._sigfault.si_addr', r'0x123'),
        ('print $_siginfo.si_code', r'= 1'),
        ('print $_exitcode', r'void'),
        ('continue', r'terminated with signal SIGSEGV'),
    ], True),
    ('calls', 'calls', [
        ('catch syscall openat', r"syscall 'openat' \[257\]"),
        ('catch syscall close', r"syscall 'close' \[3\]"),
        ('continue', r'call to syscall openat'),
        ('print (char *)$rsi', r'"/dev/zero"'),
        ('print $orig_rax', r'= 257'),
        ('print $rax', r'= -38'),
        ('continue', r'returned from syscall openat'),
        ('print $rax > 2', r'= 1'),
        ('continue', r'call to syscall close'),
        ('stepi', r'close|syscall_cancel'),
        ('delete', r''),
        ('catch syscall', r'any syscall'),
        ('continue', r'syscall'),
        ('delete', r''),
        ('continue', r'exited with code 011'),
    ], True),
    ('call-changed', 'calls', [
        ('catch syscall read', r''),
        ('continue', r'call to syscall read'),
        ('set var $rdx = 3', r''),
        ('continue', r'returned from syscall read'),
        ('print $rax', r'= 3'),
        ('set var $rax = 6', r''),
        ('delete', r''),
        ('continue', r'exited with code 07'),
    ], True),
    ('call-skipped', 'calls', [
        ('catch syscall read', r''),
        ('continue', r'call to syscall read'),
        ('set var $orig_rax = -1', r''),
        ('delete', r''),
        ('continue', r'exited normally'),
    ], True),
    ('fork-parent', 'fork', [
        ('set follow-fork-mode parent', r''),
        ('catch fork', r'Catchpoint'),
        ('break in_child', r''),
        ('break in_parent', r''),
        ('continue', r'Catchpoint 1 \(forked process'),
        ('continue', r'in_parent'),
        ('bt', r'forks[^$]*main'),
        ('continue', r'exited with code 06'),
    ], True),
    ('fork-child', 'fork', [
        ('set follow-fork-mode child', r''),
        ('break in_child', r''),
        ('break in_parent', r''),
        ('continue', r'in_child'),
        ('bt', r'forks[^$]*main'),
        ('finish', r'forks'),
        ('print counter', r'= 100'),
        ('continue', r'exited with code 05'),
    ], True),
    ('fork-both', 'fork', [
        ('set detach-on-fork off', r''),
        ('break in_child', r''),
        ('break in_parent', r''),
        ('continue', r'in_parent'),
        ('next', r'}'),
        ('print counter', r'= 200'),
        ('inferior 2', r'Switching to inferior 2'),
        ('print counter', r'= 0'),
        ('continue', r'in_child'),
        ('info inferiors', r'\* 2 '),
        ('continue', r'exited with code 05'),
        ('inferior 1', r''),
        ('continue', r'exited with code 06'),
    ], True),
    ('vfork-parent', 'vfork', [
        ('catch vfork', r''),
        ('break in_parent', r''),
        ('continue', r'vforked process'),
        ('continue', r'in_parent'),
        ('continue', r'exited with code 025'),
    ], True),
    ('vfork-child', 'vfork', [
        ('set follow-fork-mode child', r''),
        ('catch exec', r''),
        ('break leaf', r''),
        ('continue', r"exec'd"),
        ('continue', r'leaf \(n=1\)'),
        ('delete', r''),
        ('continue', r'exited with code 024'),
    ], True),
    ('exec', 'exec', [
        ('catch exec', r'Catchpoint 1 \(exec\)'),
        ('break leaf', r''),
        ('continue', r"exec'd"),
        ('info registers rip', r'_start'),
        ('continue', r'leaf \(n=1\)'),
        ('print *argv@1', r'No symbol'),
        ('up 2', r'main'),
        ('print argv[1]', r'"plain"'),
        ('delete', r''),
        ('continue', r'exited with code 024'),
    ], True),
    ('process', 'plain', [
        ('info auxv', r'AT_ENTRY[^$]*AT_EXECFN'),
        ('info proc mappings', r'\[stack\]'),
        ('info proc cmdline', r'plain'),
        ('info proc exe', r'debuggee'),
        ('break until_here', r''),
        ('continue', r'until_here'),
        ('info proc mappings', r'\[heap\]'),
        ('info inferiors', r'debuggee'),
        ('detach', r'detached'),
    ], True),
    ('monitor', 'plain', [
        ('monitor help', r'monitor walk ADDRESS'),
        ('monitor maps', r'r-xp .*debuggee'),
        ('monitor smaps', r'Rss:'),
        ('monitor mm', r'start_code +0x'),
        ('monitor walk main', r'pgd\[[^$]*pte\['),
        ('monitor walk nowhere', r'nowhere: no such'),
        ('monitor why rsp', r'\[stack\]'),
        ('monitor dance', r'dance: no such command'),
        ('compare-sections .rodata', r'matched|not supported|available'),
        ('kill', r'killed'),
    ], False),
]

# What is another's in every run, or the CPU's: process and thread ids, the names of threads' ids, code of libc by CPU.
DROP = re.compile(r'^\[(New Thread|Switching to|Thread |Detaching|Attaching|New inferior|Inferior \d+ \(process \d+\) detached)'
                  r'|libthread_db|^warning|^Remote|^Reading|AT_(HWCAP|MINSIGSTKSZ|RANDOM|PLATFORM|SYSINFO)|vvar|vdso|^$'
                  r'|^#\d+ +0x\w+ in (?!.* at )|^\d+\tin |^process \d+$|\.so|linux-vdso|^Download|debuginfod')


def normal(text):
    lines = []
    for line in text.splitlines():
        if DROP.search(line):
            continue
        line = re.sub(r'Thread 0x\w+ \(LWP \d+\)|Thread \d+\.\d+|LWP \d+', 'Thread T', line)
        line = re.sub(r'(process|forked process|vforked process|inferior \d+ \[process) \d+', r'\1 N', line)
        # The frame of a signal has the CPU's extended state in it.
        line = re.sub(r'(info|context)=0x\w+', r'\1=...', line)
        line = re.sub(r'\(remote [^)]*\)|\(native\)', '(TARGET)', line)
        # Where a thread waits in libc depends on when one looks.
        line = re.sub(r'("\w[\w-]*") +(0x\w+ in )?\w+ \([^)]*\)(?! at)', r'\1 ...', line)
        line = re.sub(r', 0x\w+ in \w+ \(\)$', ', ...', re.sub(r'^0x\w+ in \w+ \(\)$', '...', line))
        lines.append(re.sub(r' +', ' ', line).rstrip())
    return lines


def gdb(opt, start, commands, interrupt_after=None):
    command = ['gdb', '-nx', '-q', '-batch', '-iex', 'set debuginfod enabled off', '-iex', 'set width 0', '-iex', 'set height 0',
               '-iex', 'set print thread-events off', '-iex', 'set sysroot', opt.program]
    script = start + [c for k, (one, _) in enumerate(commands) for c in ('echo \\n%s%d\\n' % (MARK, k), one)]
    with tempfile.TemporaryDirectory() as home:
        # Some take several lines.
        for k, c in enumerate(script):
            if '\n' in c:
                path = os.path.join(home, str(k))
                with open(path, 'w', encoding='utf-8') as f:
                    f.write(c + '\n')
                script[k] = 'source ' + path
        env = {'PATH': os.environ['PATH'], 'HOME': home, 'LANG': 'C.UTF-8'}
        with subprocess.Popen(command + [x for c in script for x in ('-ex', c)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace', env=env) as p:
            if interrupt_after:
                interrupt_after(p)
            try:
                out, _ = p.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                p.kill()
                out = p.communicate()[0] + '\n(gdb hangs)'
    parts = re.split(r'\n%s(\d+)\n' % MARK, out)
    answers = dict((int(n), text) for n, text in zip(parts[1::2], parts[2::2]))
    return [answers.get(k, '(not reached)') for k in range(len(commands))], parts[0]


class Ulk:
    """ulk run --gdb at a socket; status, out and err when it has ended."""
    def __init__(self, opt, what, options=()):
        self.dir = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.dir.name, 'gdb')
        self.process = subprocess.Popen([opt.ulk, 'run', '-i', *options, '--gdb=' + self.socket, opt.program, what],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        errors='replace')
        self.err = self.process.stderr.readline()
        found = re.search(r'process (\d+)', self.err)
        if not found:       # never 0: some of these are killed
            raise RuntimeError('ulk does not say which process waits: ' + self.err + self.process.communicate(timeout=20)[1])
        self.pid = int(found[1])

    def end(self):
        try:
            self.out, err = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.out, err = self.process.communicate()
            err += '(ulk hangs)'
        self.err += err
        self.status = self.process.returncode
        self.dir.cleanup()


def native(opt, what, commands):
    start = ['set startup-with-shell on', 'set exec-wrapper env -i', 'set args %s >/dev/null' % what, 'starti']
    answers, before = gdb(opt, start, commands)
    if 'Program stopped' not in before and '_start' not in before:
        raise tap.Skip('gdb cannot run a native process here')
    return answers


def session(opt, name, what, commands, compared):
    ulk = Ulk(opt, what)
    answers, before = gdb(opt, ['target remote ' + ulk.socket], commands)
    ulk.end()
    wrong = ['before: ' + before] if '_start' not in before else []
    for (command, pattern), text in zip(commands, answers):
        if not re.search(pattern, text):
            wrong.append('%s: no /%s/ in:\n%s' % (command, pattern, text))
    if 'hangs' in ulk.err:
        wrong.append(ulk.err)
    if compared and not opt.no_native:
        for (command, _), there, here in zip(commands, native(opt, what, commands), answers):
            there, here = normal(there), normal(here)
            if there != here:
                wrong.append('%s: natively\n%s\nunder ulk\n%s' % (command, '\n'.join(there), '\n'.join(here)))
    return '\n'.join(wrong)


def wait_until_it_runs(ulk):
    """Till the program has come to its loop: gdb's side cannot tell."""
    time.sleep(1)


def interrupted(opt, what, commands, patterns, status):
    """Ctrl-C reaches a program that computes, and one that sleeps in a system call."""
    ulk = Ulk(opt, what)

    def interrupt(p):
        wait_until_it_runs(ulk)
        p.send_signal(signal.SIGINT)
    answers, _ = gdb(opt, ['target remote ' + ulk.socket], [(c, '') for c in commands], interrupt)
    ulk.end()
    for command, pattern, text in zip(commands, patterns, answers):
        if not re.search(pattern, text):
            return '%s: no /%s/ in:\n%s' % (command, pattern, text)
    return None if ulk.status == status else 'ulk ended with %d: %s' % (ulk.status, ulk.err)


def interrupt_running(opt):
    return interrupted(opt, 'spin', ['continue', 'bt', 'set var flag = 1', 'continue'],
                       [r'received signal SIGINT', r'spin \(\)[^$]*main', '', r'exited with code 04'], 4)


def interrupt_sleeping(opt):
    return interrupted(opt, 'sleep', ['continue', 'bt', 'print $orig_rax', 'print middle(3)', 'kill'],
                       [r'received signal SIGINT', r'sleeps \(\)[^$]*main', r'= 230', r'= 20', r'killed'], -signal.SIGKILL)


def statuses(opt):
    """ulk ends as the program did."""
    for what, expected in (('plain', 20), ('signals', None), ('crash', -signal.SIGSEGV)):
        ulk = Ulk(opt, what)
        gdb(opt, ['target remote ' + ulk.socket], [('handle all nostop noprint', ''), ('continue', '')])
        ulk.end()
        if ulk.status != (expected if expected is not None else -signal.SIGALRM):
            return '%s: %d' % (what, ulk.status)
        if what == 'plain' and ulk.out != 'plain: 20\n':
            return repr(ulk.out)
    return None


def restart(opt):
    """extended-remote: run again and again, with other arguments and environment."""
    commands = [('break leaf', ''), ('continue', r'leaf \(n=1\)'), ('kill', r'killed'), ('set remote exec-file ' + opt.program, ''),
                ('set args threads', ''), ('run', r'exited with code 021'), ('set environment WORD=hello', ''), ('run plain', r'leaf \(n=1\)'),
                ('print (char *)environ[0]', r''), ('bt', r'main'), ('x/s *(char **)environ', r'WORD=hello'),
                ('delete', ''), ('continue', r'exited with code 024'), ('run signals', r'SIGUSR1'), ('detach', r'detached')]
    ulk = Ulk(opt, 'plain')
    answers, _ = gdb(opt, ['target extended-remote ' + ulk.socket], commands)
    ulk.end()
    for (command, pattern), text in zip(commands, answers):
        if not re.search(pattern, text):
            return '%s: no /%s/ in:\n%s' % (command, pattern, text)
    return None if ulk.out.split('\n')[:2] == ['threads: 17', 'plain: 20'] else repr((ulk.out, ulk.err))


def reconnect(opt):
    """After `disconnect' the next gdb finds the process where it was."""
    ulk = Ulk(opt, 'plain')
    gdb(opt, ['target remote ' + ulk.socket], [('break leaf', ''), ('continue', ''), ('delete', ''), ('disconnect', '')])
    answers, _ = gdb(opt, ['target remote ' + ulk.socket], [('bt 1', ''), ('continue', '')])
    ulk.end()
    if 'leaf (n=1)' not in answers[0] or 'exited with code 024' not in answers[1]:
        return repr(answers)
    return None


def killed_meanwhile(opt):
    """A process that somebody kills while it stands still: gdb hears of it, and ulk ends as it did."""
    ulk = Ulk(opt, 'plain')
    answers, _ = gdb(opt, ['target remote ' + ulk.socket], [('shell kill -9 %d' % ulk.pid, ''), ('continue', '')])
    ulk.end()
    if 'terminated with signal SIGKILL' not in answers[1] or ulk.status != -signal.SIGKILL:
        return repr((answers, ulk.status, ulk.err))
    return None


def tcp(opt):
    """A port: 0 lets the host choose. A second server on it fails with 125 and does not run the program."""
    with subprocess.Popen([opt.ulk, 'run', '--gdb=0', opt.program, 'plain'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as p:
        line = p.stderr.readline()
        port = re.search(r'127\.0\.0\.1:(\d+)$', line)
        if not port:
            p.kill()
            return line
        second = subprocess.run([opt.ulk, 'run', '--gdb=' + port[1], opt.program], capture_output=True, text=True, check=False)
        answers, _ = gdb(opt, ['target remote :' + port[1]], [('continue', '')])
        p.communicate(timeout=20)
    if second.returncode != 125 or 'in use' not in second.stderr or second.stdout:
        return repr(second)
    return None if 'exited with code 024' in answers[0] else repr(answers)


def path_taken(opt):
    """A path that another server listens at, or that is no socket, is refused and left alone."""
    with tempfile.TemporaryDirectory() as directory:
        taken, plain = os.path.join(directory, 's'), os.path.join(directory, 'f')
        with open(plain, 'w', encoding='ascii') as f:
            f.write('kept')
        with subprocess.Popen([opt.ulk, 'run', '--gdb=' + taken, opt.program, 'plain'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as p:
            p.stderr.readline()
            others = [subprocess.run([opt.ulk, 'run', '--gdb=' + path, opt.program], capture_output=True, text=True, check=False, timeout=20)
                      for path in (taken, plain)]
            answers, _ = gdb(opt, ['target remote ' + taken], [('continue', '')])
            p.communicate(timeout=20)
        with open(plain, encoding='ascii') as f:
            kept = f.read()
    if [o.returncode for o in others] != [125, 125] or any('in use' not in o.stderr for o in others) or kept != 'kept':
        return repr((others, kept))
    return None if 'exited with code 024' in answers[0] else repr(answers)


def not_offered(opt):
    """Non-stop mode and attach: gdb says that they are not there, and the session goes on."""
    ulk = Ulk(opt, 'plain')
    answers, _ = gdb(opt, [], [('set non-stop on', ''), ('target remote ' + ulk.socket, ''), ('set non-stop off', ''),
                               ('target extended-remote ' + ulk.socket, ''), ('attach 1', ''), ('continue', '')])
    ulk.end()
    if 'does not support non-stop' not in answers[1] or 'does not support attaching' not in answers[4]:
        return repr(answers)
    return None


def bad_program(opt):
    p = subprocess.run([opt.ulk, 'run', '--gdb=0', '/nonexistent'], capture_output=True, text=True, check=False, timeout=20)
    return None if p.returncode == 127 and 'nonexistent' in p.stderr and 'waits' not in p.stderr else repr(p)


def with_gdb(test):
    if not shutil.which('gdb'):
        raise tap.Skip('gdb is not there')
    return test()


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('--program', required=True)
    ap.add_argument('--only')
    ap.add_argument('--no-native', action='store_true')
    opt = ap.parse_args()
    opt.ulk, opt.program = os.path.abspath(opt.ulk), os.path.abspath(opt.program)
    tests = [(s[0], lambda s=s: session(opt, *s)) for s in SESSIONS]
    tests += [(f.__name__, lambda f=f: f(opt)) for f in (interrupt_running, interrupt_sleeping, statuses, restart, reconnect, killed_meanwhile, tcp, path_taken, not_offered,
                                                         bad_program)]
    tests = [t for t in tests if not opt.only or re.search(opt.only, t[0])]
    return tap.run([(name, lambda t=test: with_gdb(t)) for name, test in tests])


if __name__ == '__main__':
    sys.exit(main())
