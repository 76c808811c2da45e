#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk maps --html`: the data in the page is what `ulk maps` says, and the page works in a real browser that is clicked."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import browser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import tap  # pylint: disable=wrong-import-position
from tap import Failure, Skip, want  # pylint: disable=wrong-import-position


class Run:
    """A directory, and what can be made in it."""

    def __init__(self, opt, directory):
        self.opt = opt
        self.dir = directory
        self.page = os.path.join(directory, 'page.html')

    def ulk(self, *words, status=0, cwd=None):
        p = subprocess.run([self.opt.ulk] + list(words), capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
                           cwd=cwd)
        if p.returncode != status:
            raise Failure('%s: status %d, %s' % (' '.join(map(repr, words)), p.returncode, p.stderr.decode(errors='replace')))
        return p

    def data(self, *program, status=0, options=()):
        self.ulk('maps', '--html', self.page, *options, *program, status=status)
        with open(self.page, encoding='utf-8') as page:
            text = page.read()
        before, data, after = re.fullmatch(r'(.*id="data">)\n(.*?)(</script>.*)', text, re.S).groups()
        if re.search(r'''(?:src|href)=|url\(|@import|https?:''', before + after):
            raise Failure('the page names something else')
        return unpack(json.loads(data))


def unpack(d):
    for table, names in (('areas', ['start']), ('events', ['time', 'text', 'vm', 'file', 'anon', 'brk', 'faults', 'start'])):
        for name in names:
            column = d[table][name]
            for i in range(1, len(column)):
                column[i] += column[i - 1]
    return d


def areas_at_end(d):
    a, n = d['areas'], len(d['events']['time'])
    return [(a['start'][i] << 12, (a['start'][i] + a['pages'][i]) << 12, a['flags'][i] & 15, d['names'][a['name'][i]])
            for i in range(len(a['start'])) if a['died'][i] == n]


def areas_of_maps(text):
    for line in text.splitlines():
        m = re.match(r'([0-9a-f]+)-([0-9a-f]+) (....) \S+ \S+ \d+ *(.*)$', line)
        if m and m.group(4) != '[vsyscall]':
            flags = sum(1 << bit for bit, c in enumerate(m.group(3)) if c in 'rwxs')
            yield int(m.group(1), 16), int(m.group(2), 16), flags, m.group(4)


def data_agrees(r):
    for program in (r.opt.heap, r.opt.mmap_tour, r.opt.stack_growth):
        d = r.data(program)
        want(program, areas_at_end(d), list(areas_of_maps(r.ulk('maps', '--at', 'exit', program).stdout.decode())))
        mm = r.ulk('mm', '--at', 'exit', program).stdout.decode()
        want('total_vm', d['events']['vm'][-1], int(re.search(r'^total_vm +(\d+)', mm, re.M).group(1)))
        want('ended', d['ended'], 'exited with 0')
    d = r.data(r.opt.heap)
    texts = [d['texts'][i] for i in d['events']['text']]
    brk = next(i for i, text in enumerate(texts) if text.startswith('brk(') and d['events']['brk'][i] - d['events']['brk'][i - 1] == 1 << 20)
    stack = [d['frames'][f] for f in d['stacks'][d['events']['stack'][brk]]]
    want('who called', [bool(re.match(r'main \(.*heap\.c:\d+\)$', f)) for f in stack].count(True), 1)
    # A look at the clock may come between them.
    heap = [int(m[1]) for t in texts for m in re.finditer(r'page faults, .*\[heap\] rw- (\d+)', t)]
    want('faults are summed up', (250 <= sum(heap) < 270, len(heap) < 10), (True, True))
    # The heap's million bytes are in memory in some look, and no longer in the last. A twentieth of the time is for
    # looking, so a short run may be over between two looks.
    for _ in range(5):
        most = [max(p['runs'][1::3]) for p in d['pages']]
        if max(most) >= 250:
            break
        d = r.data(r.opt.heap)
    want('pages seen', (max(most) >= 250, most[-1] < 250), (True, True))


def stops_where_asked(r):
    d = r.data(r.opt.heap, options=['--at', 'main'])
    want('ended', d['ended'], 'stopped at main')
    want('areas', areas_at_end(d), list(areas_of_maps(r.ulk('maps', '--at', 'main', r.opt.heap).stdout.decode())))


def survives_sigkill(r):
    d = r.data(r.opt.busybox, 'sh', '-c', 'kill -9 $$')
    want('ended', d['ended'], 'killed by SIGKILL')
    want('a stack', '[stack]' in [name for *_, name in areas_at_end(d)], True)
    d = r.data(r.opt.crash, 'null')
    want('ended', d['ended'], 'killed by SIGSEGV')


def follows_exec(r):
    d = r.data(r.opt.busybox, 'sh', '-c', 'exec %s' % r.opt.heap)
    want('kind', 2 in d['events']['kind'], True)
    want('nothing of the old program', [n for *_, n in areas_at_end(d) if 'busybox' in n], [])


def failures(r):
    want('no file', b'No such file' in r.ulk('maps', '--html', '/nonexistent/x', r.opt.heap, status=125).stderr, True)
    want('full', b'No space left' in r.ulk('maps', '--html', '/dev/full', r.opt.heap, status=125).stderr, True)
    want('no program', b'No such file' in r.ulk('maps', '--html', r.page, './nonexistent', status=127).stderr, True)


STRANGE = b'<!--"\'&\\<script>document.title="bad"\xff\xc3\xa9<'


def strange_names(r):
    # Its path has "</script>" in it, and bytes that are no UTF-8.
    inner = os.path.join(os.fsencode(r.dir), STRANGE)
    os.mkdir(inner)
    program = os.path.join(inner, b'script><img src=x onerror=document.title=1>')
    shutil.copy(r.opt.heap, program)
    d = r.data(os.fsdecode(program))
    want('name', [n for *_, n in areas_at_end(d) if '<' in n][0].encode().replace(b'\xef\xbf\xbd', b'\xff'), program)
    with_browser(r)
    b = opened(r)
    want('no element comes of it', b.js('return document.images.length'), 0)
    want('title', b.text('#title').replace('\ufffd', '') in program.decode(errors='ignore') or '<script>' in b.text('#title'), True)
    want('no complaint', b.complaints(), [])


def with_browser(r):
    """The browser, one for all tests."""
    if browser.missing():
        raise Skip('needs ' + browser.missing())
    if not r.opt.browser:
        r.opt.browser = browser.Browser()
    return r.opt.browser


def opened(r):
    b = with_browser(r)
    b.open(r.page)
    b.until('return document.getElementById("now").dataset.event')
    b.complaints()
    return b


def clicks(r):
    with_browser(r)
    d = r.data(r.opt.heap)
    n, texts = len(d['events']['time']), [d['texts'][i] for i in d['events']['text']]
    b = opened(r)
    want('begins at the end', int(b.js('return document.getElementById("now").dataset.event')), n - 1)
    # Scrubbing: what is shown is the event under the mouse.
    for part in (0.1, 0.45, 0.8):
        b.click_at('#history', part, 0.3)
        b.until('return document.getElementById("now").dataset.event == arguments[0]', int(part * n))
        want('its text', b.text('#nowtext'), texts[int(part * n)] or 'execve: the program is loaded')
    # An event of the list: its call, its callers, what it changed.
    grow = next(i for i, t in enumerate(texts) if t == 'brk(0x%x) = 0x%x' % ((d['events']['brk'][i],) * 2) and
                d['events']['brk'][i] - d['events']['brk'][i - 1] == 1 << 20)
    b.click('#rows [data-event="%d"]' % grow)
    b.until('return document.getElementById("now").dataset.event == arguments[0]', grow)
    want('callers', len(re.findall(r'main \(heap\.c:\d+\)', b.text('#nowstack'))), 1)
    want('changes', b.js('return [...document.querySelectorAll("#nowchanges div")].map(n => n.className)'), ['gone', 'new'])
    # The new area of it, chosen; its facts and the link to the call that made it.
    b.click('#nowchanges .new')
    b.until('return !document.getElementById("area").hidden')
    facts = b.text('#areafacts')
    want('heap in ' + facts, '[heap]' in facts, True)
    b.keys('\ue011')  # Home
    b.until('return document.getElementById("now").dataset.event == 0')
    b.click('#areafacts a')
    b.until('return document.getElementById("now").dataset.event == arguments[0]', grow)
    # Keys.
    b.keys('\ue012')  # arrow left
    b.until('return document.getElementById("now").dataset.event == arguments[0]', grow - 1)
    b.keys('n')
    b.until('return document.getElementById("now").dataset.event == arguments[0]', grow)
    b.keys('\ue00c')  # Escape
    b.until('return document.getElementById("area").hidden')
    b.keys('d')
    want('dark', b.js('return document.documentElement.classList.contains("dark")'), True)
    b.keys('t')
    b.until('return document.getElementById("axis").textContent == "by time"')
    want('no complaint', b.complaints(), [])


def searches_and_zooms(r):
    with_browser(r)
    r.data(r.opt.mmap_tour)
    b = opened(r)
    for query, expected in (('0x20003123', '20000000-20004000'), ('[stack]', None), ('10000000', '10000000-10001000')):
        b.js('document.getElementById("query").value = ""')
        b.type('#query', query + '\ue007')
        b.until('return !document.getElementById("area").hidden')
        if expected:
            want(query, b.text('#areatitle'), expected)
    b.type('#query', 'nonsense\ue007')
    b.until('return document.getElementById("query").className == "missed"')
    # Hovering over the chosen area, wherever it is now, tells of it.
    where = b.js('const i = state.area, h = document.getElementById("map").clientHeight;'
                 'return (yOf(A.start[i], h - MARKS) + yOf(A.end[i], h - MARKS)) / 2 / h')
    b.move('#map', 0.4, where)
    b.until('return !document.getElementById("tip").hidden')
    want('tip', '10000000-10001000' in b.text('#tip') and 'MAP_FIXED' in b.text('#tip'), True)
    span = b.js('return view.high - view.low')
    b.wheel('#map', 0.4, 0.5, -300)
    b.until('return view.high - view.low < arguments[0] * 0.9', span)
    b.click('#reset')
    b.until('return view.high - view.low == 1')
    b.type('#filter', 'munmap')
    b.until('return [...document.querySelectorAll("#rows div")].every(n => n.textContent.includes("munmap"))')
    want('no complaint', b.complaints(), [])


def many_areas(r):
    with_browser(r)
    d = r.data(r.opt.many, '60000')
    want('areas', len(areas_at_end(d)) > 60000, True)
    with_browser(r)
    began = time.monotonic()
    b = opened(r)
    loaded = time.monotonic() - began
    scrub = b.js('const t = performance.now();'
                 'for (let i = 0; i < 20; i++) { go(Math.floor(E.n * i / 20)); drawNow(); }'
                 'return (performance.now() - t) / 20')
    zoom = b.js('zoomPlaces(0.5); const t = performance.now(); drawNow(); return performance.now() - t')
    print('# 60,000 areas: loaded in %.2f s, %.1f ms for each step, %.0f ms for each zoom' % (loaded, scrub, zoom))
    # Twice and more of what is promised for a quiet machine.
    want('quick', (loaded < 6, scrub < 100, zoom < 1500), (True, True, True))
    b.click_at('#map', 0.4, 0.5)
    b.until('return !document.getElementById("area").hidden')
    want('no complaint', b.complaints(), [])


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    names = ('ulk', 'crash', 'heap', 'mmap-tour', 'stack-growth', 'many')
    for name in names:
        ap.add_argument('--' + name, required=True, type=os.path.abspath)
    opt = ap.parse_args()
    opt.busybox = shutil.which('busybox')
    opt.browser = None
    tests = [data_agrees, stops_where_asked, survives_sigkill, follows_exec, failures, strange_names, clicks, searches_and_zooms,
             many_areas]
    def run(test):
        if not opt.busybox and test in (survives_sigkill, follows_exec):
            raise Skip('needs busybox')
        with tempfile.TemporaryDirectory() as directory:
            try:
                test(Run(opt, directory))
            except browser.BrowserError as e:
                raise Failure(str(e)) from e

    failed = tap.run([(test.__name__, lambda t=test: run(t)) for test in tests])
    if opt.browser:
        opt.browser.close()
    return failed


if __name__ == '__main__':
    sys.exit(main())
