#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk run --itrace` against a native run that ptrace steps through."""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

NAMES = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'] + ['r%d' % i for i in range(8, 16)]
FLAGS = {'CF': 1, 'PF': 4, 'AF': 16, 'ZF': 64, 'SF': 128, 'DF': 1024, 'OF': 2048}
WHOLE = ('proc_fork', 'signal_frames')   # small: every instruction of these
LINE = re.compile(r'(\d+) +0x([0-9a-f]+) <(\w+)\+(\d+)> +(.*)$')


def run(argv, **more):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          check=False, env={'PATH': '/usr/bin:/bin'}, **more)


def parse(text):
    lines = []
    for line in text.splitlines():
        m = LINE.match(line)
        assert m, line
        rest = m.group(5)
        changes = dict((k, int(v, 16)) for k, v in re.findall(r' (r\w+)=0x([0-9a-f]+)', rest))
        flags = re.search(r'eflags=\[([A-Z ]*)\]', rest)
        lines.append({'tid': int(m.group(1)), 'rip': int(m.group(2), 16), 'symbol': m.group(3), 'text': rest,
                      'changes': changes, 'flags': flags and sum(FLAGS[f] for f in flags.group(1).split())})
    return lines


def native_states(opt, first, end):
    p = run([opt.stepper, '0x%x-0x%x' % (first, end), opt.traced])
    assert p.returncode == 0, p
    states = []
    for line in p.stdout.decode().splitlines():
        values = [int(v, 16) for v in line.split()]
        if states and states[-1][0] == values[0]:
            if states[-1][1:18] == values[1:18]:
                states[-1][18] = values[18]   # it faulted: the same again with its signal
            continue                          # a round of a rep
        states.append(values)
    return states


def check_native(opt):
    out = run(['nm', '-S', opt.traced]).stdout.decode()
    start, size = re.search(r'^(\w+) (\w+) T work$', out, re.M).groups()
    first, end = int(start, 16), int(start, 16) + int(size, 16)
    lines = parse(run([opt.ulk, 'run', '--itrace=work', opt.traced]).stderr.decode())
    states = native_states(opt, first, end)
    inside = [i for i, s in enumerate(states) if s[0] < end]
    assert [states[i][0] for i in inside] == [line['rip'] for line in lines], (
        'other instructions: %d natively, %d under ulk' % (len(inside), len(lines)))
    wrong = compared = 0
    for i, line in zip(inside, lines):
        now, then = states[i], states[i + 1] if i + 1 < len(states) else None
        mnemonic = line['text'].split()[0]
        if then is None or mnemonic in ('call', 'ret', 'jmp') or mnemonic.startswith('j') or 'page fault' in line['text']:
            continue
        changes = {n: b for n, a, b in zip(NAMES, now[2:18], then[2:18]) if a != b}
        # Native steps set TF, which syscall keeps in r11.
        if mnemonic == 'syscall':
            changes.pop('r11', None)
            line['changes'].pop('r11', None)
        compared += 1
        if line['changes'] != changes:
            wrong += 1
            print('# %s: natively %s' % (line['text'], {k: hex(v) for k, v in changes.items()}))
    assert not wrong and compared > 60, (wrong, compared)
    return lines


def check_special(lines):
    text = '\n'.join(line['text'] for line in lines)
    assert text.count('rep movsb') == 2 and re.search(r'rep movsb .* rcx=0x0 ', text), text
    assert re.search(r'syscall .*rax=0xfffffffffffffff7', text), text
    assert re.search(r'addsd xmm1, xmm1 .* xmm1=0x[0-9a-f]{16}404e0{12}', text), text
    assert len(re.findall(r'page fault: write at 0x8$', text, re.M)) == 1, text
    assert re.search(r':=0x3c$', text, re.M), 'no value stored'


def check_rest(opt):
    p = run([opt.ulk, 'run', '--itrace=handler', '-o', '/dev/stdout', opt.traced])
    lines = parse(p.stdout.decode())
    assert lines and all(line['symbol'] == 'handler' for line in lines) and p.stderr == b'', p
    p = run([opt.ulk, 'run', '--itrace=work', opt.traced, 'threads'])
    lines = parse(p.stderr.decode())
    assert len({line['tid'] for line in lines}) == 2, 'one thread'
    p = run([opt.ulk, 'run', '--itrace', opt.traced])
    lines = p.stderr.decode().splitlines()
    assert len(lines) > 3000 and '<_start+0>' in lines[0], lines[:1]
    assert run([opt.ulk, 'run', '--itrace=nosuch', opt.traced]).returncode == 125
    assert run([opt.ulk, 'run', '--itrace=0x10-0x5', opt.traced]).returncode == 125


def check_output(opt):
    """A traced program does what it does natively; most of its code is outside of the range."""
    told = {}
    here = tempfile.mkdtemp()
    os.chdir(here)
    for path in opt.program:
        native = run(['setarch', '-R', path])
        for where in ('0x10-0x20', None if os.path.basename(path) in WHOLE else 'main'):
            p = run(['setarch', '-R', opt.ulk, 'run', '--itrace' + ('=' + where if where else ''), '-o', 'itrace.out', path])
            with open('itrace.out', encoding='ascii') as f:
                told[path] = sum(1 for _ in f)
            assert (p.returncode, p.stdout) == (native.returncode, native.stdout), (
                '%s, --itrace=%s: status %d, natively %d; %r, natively %r' % (
                    path, where, p.returncode, native.returncode, p.stdout[-200:], native.stdout[-200:]))
            os.unlink('itrace.out')
    os.chdir('/')
    shutil.rmtree(here)   # the guests' core files, too
    assert len(told) > 5 and all(told.values()), told


def main():
    parser = argparse.ArgumentParser()
    for name in ('ulk', 'traced', 'stepper'):
        parser.add_argument('--' + name, required=True, type=os.path.abspath)
    parser.add_argument('program', nargs='+', type=os.path.abspath)
    opt = parser.parse_args()
    opt.program = [p for p in opt.program if os.path.exists(p)]   # without musl-gcc or rustc there are fewer
    lines = []
    return tap.run([('the same instructions and registers as natively', lambda: lines.extend(check_native(opt))),
                    ('rep, system call, SSE, fault and memory operands', lambda: check_special(lines)),
                    ('ranges, threads, everything, -o, refusals', lambda: check_rest(opt)),
                    ('what the programs print under it', lambda: check_output(opt))])


if __name__ == '__main__':
    sys.exit(main())
