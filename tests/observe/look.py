#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where and at what one can look: --at in all its forms, `ulk walk`, `ulk why`, `ulk maps --smaps`."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position
from tap import Failure, want  # pylint: disable=wrong-import-position


class Tool:
    def __init__(self, opt, directory):
        self.opt = opt
        self.dir = directory

    def __call__(self, *words, status=0):
        p = subprocess.run([self.opt.ulk] + list(words), capture_output=True, text=True, timeout=60, check=False,
                           stdin=subprocess.DEVNULL)
        if p.returncode != status:
            raise Failure('%s: status %d, %s' % (' '.join(words), p.returncode, p.stderr))
        return p.stderr if status else p.stdout


def want_match(what, text, pattern):
    if not re.search(pattern, text, re.M):
        raise Failure('%s: %s does not match %s' % (what, text, pattern))


def field(u, name, where, program):
    text = u('mm', '--at', where, program)
    return re.search(r'^%s +(\S+)' % name, text, re.M).group(1)


def at_system_call(u):
    # heap.c: sbrk(1 MiB) is the seventh brk under glibc's start; the break moves only behind the call.
    values = [int(field(u, 'brk', 'syscall:brk:%d' % n, u.opt.heap), 16) for n in range(1, 9)]
    want('never down before the end', values, sorted(values))
    want('moves', len(set(values)) > 3, True)
    want('one MiB more', (1 << 20) in [b - a for a, b in zip(values, values[1:])], True)
    want('the end', 'ended before it reached' in u('mm', '--at', 'syscall:brk:1000', u.opt.heap, status=125), True)


def at_class_of_calls(u):
    want('first memory call is brk', field(u, 'brk', 'syscall:%memory', u.opt.heap),
         field(u, 'brk', 'syscall:brk:1', u.opt.heap))


def at_address(u):
    entry = u('walk', '--at', 'main', 'rip', u.opt.heap).split()[0]
    want('SYMBOL and 0xADDRESS', u('maps', '--at', entry, u.opt.heap), u('maps', '--at', 'main', u.opt.heap))


def at_line(u):
    line = 1 + open(u.opt.heap_source).read().split('\n').index(
        next(s for s in open(u.opt.heap_source).read().split('\n') if 'sbrk(100)' in s))
    text = u('mm', '--at', 'heap.c:%d' % line, u.opt.heap)
    brk = int(re.search(r'^brk +(\S+)', text, re.M).group(1), 16)
    end = int(field(u, 'brk', 'exit', u.opt.heap), 16)
    want('before sbrk(100) the heap is 1 MiB longer than at the end', brk - end, 1 << 20)
    u('mm', '--at', 'heap.c:100000', u.opt.heap, status=125)


def at_fault(u):
    text = u('why', '--at', 'fault', 'rsp', u.opt.crash, 'deep')
    want_match('the stack cannot grow', text, r'^    write +SIGSEGV \(SEGV_MAPERR\)')
    want_match('stopped in', u('walk', '--at', 'fault', 'rip', u.opt.crash, 'abort'), r'r-xp')
    u('mm', '--at', 'fault', u.opt.heap, status=125)


def at_time(u):
    p = subprocess.run([u.opt.ulk, 'maps', '--at', 'time:0.3', '/bin/sleep', '100'], capture_output=True, text=True,
                       timeout=30, check=False)
    want('status', p.returncode, 0)
    want_match('maps', p.stdout, r'\[stack\]')


def bad_places(u):
    for place in ('syscall:', 'syscall:nonsense', 'syscall:brk:0', 'syscall:brk:x', 'time:', 'time:-1', 'time:x', '0x',
                  'nosuchsymbol', 'heap.c:', 'heap.c:x', ':1', '', '+', 'main+x'):
        want_match(place, u('mm', '--at', place, u.opt.heap, status=125), r'^ulk: .*--at')


def walk(u):
    w = json.loads(u('walk', '--json', 'main', u.opt.heap))
    want('levels', [e['level'] for e in w['walk']], ['pgd', 'pud', 'pmd', 'pte'])
    address = int(w['address'], 16)
    want('indices', [e['index'] for e in w['walk']], [address >> s & 511 for s in (39, 30, 21, 12)])
    at_main = json.loads(u('walk', '--json', '--at', 'main', 'rip', u.opt.heap))
    want('main is in memory when it is reached', int(at_main['walk'][3]['entry'], 16) & 1, 1)
    want('kernel half', json.loads(u('walk', '--json', '0xffffffffff600000', u.opt.heap))['walk'], [])
    want_match('kernel half', u('walk', '0xffffffffff600000', u.opt.heap), 'no tables')
    u('walk', 'main', status=125)
    u('walk', 'nosuchsymbol', u.opt.heap, status=125)


def why(u):
    text = u('why', '--at', 'exit', 'brk', u.opt.heap)
    want_match('who moved it', text, r'^ +\d+  brk\(0x\w+\) = 0x\w+\n +by .*main \(heap\.c:\d+\)')
    want_match('beyond it', text, r'^    read +SIGSEGV \(SEGV_MAPERR\)')
    text = u('why', 'main', u.opt.heap)
    want_match('no call', text, r'as execve left it')
    want_match('code', text, r'^    write +SIGSEGV \(SEGV_ACCERR\)')
    want_match('code', text, r'^    execute +a fault that maps the file')
    want_match('stack', u('why', 'rsp', u.opt.heap), r'^    write +goes through')


def smaps(u):
    text = u('maps', '--smaps', '--at', 'exit', u.opt.heap)
    want('an Rss line for each area', len(re.findall(r'^Rss:', text, re.M)),
         len(re.findall(r'^[0-9a-f]+-[0-9a-f]+ ', text, re.M)))
    want_match('heap', text, r'\[heap\]\nSize: +\d+ kB')


def pagetables(u):
    text = u('maps', '--pagetables', '--at', 'main', u.opt.heap)
    tables = [int(n) for n in re.search(r'^pgd at 0x\w+; tables: (\d+) pud, (\d+) pmd, (\d+) pte$', text, re.M).groups()]
    want('tables', [len(re.findall(r'^ *%s\[' % level, text, re.M)) for level in ('pgd', 'pud', 'pmd')], tables)
    pages = sum(int(end, 16) - int(start, 16) for start, end in
                re.findall(r'^      pte\[ *\d+\.\. *\d+\] (\w+)-(\w+)  present(?! [\w -]*special)', text, re.M)) >> 12
    rss = sum(int(n) for n in re.search(r'^rss_stat +file (\d+) anon (\d+)', u('mm', '--at', 'main', u.opt.heap), re.M).groups())
    want('pages in memory', pages, rss)


def areas(lines):
    """The areas of maps' lines, whose shared memory has another inode in each run."""
    return sorted(re.sub(r' 00:01 \d+ ', ' 00:01 0 ', line) for line in lines if '[vsyscall]' not in line)


def watch_maps(u):
    for program in (u.opt.heap, u.opt.mmap_tour, u.opt.stack_growth):
        log = os.path.join(u.dir, 'log')
        u('maps', '--watch', '-o', log, program)
        now = areas(u('maps', program).splitlines())
        for line in open(log).read().splitlines():
            area = areas([line[4:]])[0] if line.startswith('  ') else ''
            if line.startswith('  - '):
                now.remove(area)
            elif line.startswith('  + '):
                now.append(area)
        # What the program itself prints is on stdout, too.
        end = [line for line in u('maps', '--at', 'exit', program).splitlines() if re.match(r'[0-9a-f]+-[0-9a-f]+ ', line)]
        want('all changes, applied to the first map, make the last', sorted(now), areas(end))
    want_match('calls', open(log).read(), r'^page fault: the stack grew\n  - .* \[stack\]\n  \+ .*\[stack\]$')


def watch_mm(u):
    log = os.path.join(u.dir, 'log')
    u('mm', '--watch', '-o', log, u.opt.heap)
    text = open(log).read()
    want_match('brk', text, r'^brk\(0x(\w+)\) = 0x\1\n(  \w+ .*\n)*  brk +0x\w+ +-> 0x\1$')
    want_match('no file', u('mm', '--watch', '-o', '/nonexistent/x', u.opt.heap, status=125), r'No such file')
    u('stack', '--watch', u.opt.heap, status=125)


def parsed(u, *words):
    """The object that --json prints behind the program's own output."""
    text = u(*words)
    return json.loads(text[text.index('{\n'):])


def areas_json(u):
    """--json and the text name the same areas, sizes and tables."""
    maps = parsed(u, 'maps', '--json', '--at', 'main', u.opt.heap)['maps']
    for _ in range(5):      # between two runs the host may take a page of the program out of its cache
        with_sizes = parsed(u, 'maps', '--smaps', '--json', '--at', 'main', u.opt.heap)['maps']
        text = u('maps', '--smaps', '--at', 'main', u.opt.heap)
        rss = [int(n) for n in re.findall(r'^Rss: +(\d+) kB', text, re.M)]
        if rss == [a['smaps']['Rss'] for a in with_sizes]:
            break
    want('areas', [{k: v for k, v in a.items() if k != 'smaps'} for a in with_sizes], maps)
    want('Rss', [a['smaps']['Rss'] for a in with_sizes], rss)
    want('VmFlags', [a['smaps']['VmFlags'] for a in with_sizes], [f.split() for f in re.findall(r'^VmFlags: (.*)$', text, re.M)])
    tables = parsed(u, 'maps', '--pagetables', '--json', '--at', 'main', u.opt.heap)['pagetables']
    lines = [l.strip() for l in u('maps', '--pagetables', '--at', 'main', u.opt.heap).splitlines()[1:]]
    want('levels', [t['level'] for t in tables], [l[:3] for l in lines])
    want('flags', [f for t in tables for f in t['flags'] if ' ' + f not in ' '.join(lines)], [])


def watch_json(u):
    """Each line an object, with the calls and the changes that the lines of text tell."""
    log = os.path.join(u.dir, 'log')
    for verb, found in (('maps', lambda e: len(e['gone']) + len(e['fresh'])), ('mm', lambda e: len(e['changed']))):
        u(verb, '--watch', '-o', log, u.opt.mmap_tour)
        text = open(log).read().splitlines()
        u(verb, '--watch', '--json', '-o', log, u.opt.mmap_tour)
        events = [json.loads(line) for line in open(log)]
        want('calls', [e['call'] for e in events if e['event'] == 'call'], [line for line in text if not line.startswith(' ')])
        want('changes', sum(found(e) for e in events), len([line for line in text if re.match(r'  \S', line)]))


def why_json(u):
    found = parsed(u, 'why', '--json', '--at', 'exit', '0x20000000', u.opt.mmap_tour)
    want('changes', [s['change'] for s in found['history']], ['made', 'split', 'merged', 'split'])
    want('merged from', len(found['history'][2]['was']), 3)
    want('is', (found['history'][3]['is']['end'], found['area']['end'], found['area']['perms']), ('0x20004000', '0x20004000', 'rw-p'))
    want('caller', [c['line'] for c in found['history'][0]['callers'] if c['symbol'] == 'map'], [13])
    want('access', found['access']['execute'], 'SIGSEGV (SEGV_ACCERR): the area does not allow it')
    walk = parsed(u, 'walk', '--json', '--at', 'exit', '0x20000000', u.opt.mmap_tour)
    want('walk', walk['walk'], found['walk'])
    want('nothing there', parsed(u, 'why', '--json', '0x10', u.opt.mmap_tour)['area'], None)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ('ulk', 'crash', 'heap', 'heap-source', 'mmap-tour', 'stack-growth'):
        ap.add_argument('--' + name, required=True)
    opt = ap.parse_args()
    for name in ('ulk', 'crash', 'heap', 'heap_source', 'mmap_tour', 'stack_growth'):
        setattr(opt, name, os.path.abspath(getattr(opt, name)))
    tests = [at_system_call, at_class_of_calls, at_address, at_line, at_fault, at_time, bad_places, walk, why, smaps, pagetables,
             watch_maps, watch_mm, watch_json, areas_json, why_json]
    def run(test):
        with tempfile.TemporaryDirectory() as directory:
            test(Tool(opt, directory))

    return tap.run([(test.__name__, lambda t=test: run(t)) for test in tests])


if __name__ == '__main__':
    sys.exit(main())
