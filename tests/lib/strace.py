# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace, strace's or ulk's: to make it, and its lines without what differs from run to run."""
import os
import re
import shutil
import subprocess

import tap

STRACE = ['setarch', '-R', os.environ.get('STRACE', 'strace')]   # STRACE: another version's, to see whether its lines compare
SMALL = 4200
LIMIT = 60 * float(os.environ.get('TEST_TIME_FACTOR', '1'))   # a sanitized ulk needs its time
ENV = {'PATH': '/usr/bin:/bin', 'HOME': '/', 'LANG': 'C.UTF-8', 'TZ': 'UTC'}
# A sanitized ulk needs its options; the guest sees them too, so both runs get them.
ENV.update((n, os.environ[n]) for n in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS') if n in os.environ)

# Calls that only one side shows, or whose result is the moment's; and pthread_join's wait, which a thread may have forestalled.
LEFT_OUT = re.compile(r'^(clock_gettime|gettimeofday|time|getcpu|rseq|sysinfo)\(|'
                      r'^futex\(POINTER, FUTEX_WAIT_BITSET\|FUTEX_CLOCK_REALTIME, PID\d+, NULL, FUTEX_BITSET_MATCH_ANY\)')


def need():
    """tap.Skip where strace is missing or may not trace."""
    if not shutil.which(STRACE[-1]) or subprocess.run([STRACE[-1], '-o', os.devnull, 'true'], stderr=subprocess.DEVNULL, check=False).returncode:
        raise tap.Skip('strace cannot trace here')


def pass_small_pids():
    """When pids have begun anew, make some: one of three digits is the length of something else, too."""
    with open('/proc/loadavg') as f:
        last = int(f.read().split()[-1])
    while last < SMALL:
        last = os.fork()
        if not last:
            os._exit(0)
        os.waitpid(last, 0)


def run(command, **kw):
    """A command's end and output, in an environment that is the same everywhere."""
    kw.setdefault('stdin', subprocess.DEVNULL)
    pass_small_pids()
    return subprocess.run(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, check=False, **kw)


def joined(raw):
    """The lines with calls in one piece that another thread's line had cut: that is the scheduler's doing."""
    begun, out = {}, []
    for pid, text in raw:
        if text.endswith(' <unfinished ...>'):
            begun[pid] = text[:-len(' <unfinished ...>')]
            continue
        resumed = re.match(r'<\.\.\. \w+ resumed>', text)
        out.append((pid, begun.pop(pid, '') + text[resumed.end():] if resumed else text))
    return out + list(begun.items())


def normalise(path):
    order, lines = [], {}
    with open(path, errors='replace') as f:
        raw = [line.rstrip('\n').split(None, 1) for line in f]
    for pid, _ in raw:
        if pid not in order:
            order.append(pid)
    children = {}
    for pid, text in joined(raw):
        # As later versions of strace have it.
        text = re.sub(r'data=\{u32=\d+, u64=(\d+)\}', lambda m: 'data=%#x' % int(m.group(1)), text)
        text = re.sub(r'SNDCTL_TMR_\w+ or (TCSET)', r'\1', text)
        text = re.sub(r' /\* [\d.]+ s \*/', '', text)
        text = re.sub(r', cmsg_data="(\\x[0-9a-f]{2})+"(\.\.\.)?', '', text)   # earlier ones say nothing of what they do not know
        text = re.sub(r'0x[0-9a-f]{5,}', 'POINTER', text)
        for i, other in enumerate(order):
            # A limit may be 8192*1024 and a pid 8192, or a pid 16384 and the length of some pages, too.
            if int(other) % 4096 == 0 and re.match(r'm(map|unmap|protect|advise|remap|sync|lock|unlock|incore)', text):
                continue
            text = re.sub(r'(?<![\dx])%s(?![\d*])' % other, 'PID%d' % i, text)
        text = re.sub(r'^((?:shm|sem|msg)(?:get\(.* =|[a-z]+\() ?)(?!-1 E)\d{2,}', r'\1ID', text)
        text = re.sub(r'((?:shm|sem|msg)_[a-z]*time)=\d{5,}', r'\1=TIME', text)
        text = re.sub(r'tv_sec=\d{9,}, (tv_[un]sec)=\d+', r'\1=NOW', text)
        text = re.sub(r'/dev/pts/\d+|TIOCGPTN, \[\d+\]', 'PTS', text)
        text = re.sub(r'htons\(\d{5}\)', 'htons(PORT)', text)
        text = re.sub(r'^getrandom\("[^"]*"', 'getrandom(RANDOM', text)
        text = re.sub(r'(si_[us]time)=\d+', r'\1=TICKS', text)
        text = re.sub(r'=TICKS /\* [^*]* \*/', '=TICKS', text)
        text = re.sub(r'(ru_[us]time)=\{[^}]*\}', r'\1=TIME', text)
        text = re.sub(r' +=', ' =', text)
        if text.startswith('--- SIGCHLD '):
            children.setdefault(order.index(pid), []).append(text)   # when it comes is the scheduler's doing
        elif not LEFT_OUT.match(text):
            lines.setdefault(order.index(pid), []).append(text)
    return ['%d %s' % (i, text) for i in sorted(lines) for text in lines[i] + sorted(children.get(i, []))]
