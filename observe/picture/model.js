// SPDX-License-Identifier: GPL-2.0-or-later
// model: the data, unpacked, and the questions one can ask of it.
'use strict';

const PAGE = 4096;
const D = JSON.parse(document.getElementById('data').textContent);

// Columns that hold differences from the row before.
const DELTAS = {
	areas: ['start'],
	events: ['time', 'tid', 'text', 'vm', 'file', 'anon', 'shmem', 'brk', 'faults', 'start'],
	samples: ['time', 'vm', 'file', 'anon', 'shmem'],
};
for (const [table, names] of Object.entries(DELTAS)) {
	for (const name of names) {
		const column = D[table][name];
		for (let i = 1; i < column.length; i++)
			column[i] += column[i - 1];
	}
}

const A = {n: D.areas.start.length, flags: D.areas.flags, offset: D.areas.offset, name: D.areas.name, file: D.areas.file,
	start: Float64Array.from(D.areas.start), end: Float64Array.from(D.areas.start, (s, i) => s + D.areas.pages[i]),
	born: Int32Array.from(D.areas.born), died: Int32Array.from(D.areas.died), kind: null};
const E = {n: D.events.time.length, ...D.events};
const S = {n: D.samples.time.length, ...D.samples};
const LOOKS = D.pages.map(unpackLook);

const KIND_START = 0, KIND_CALL = 1, KIND_EXEC = 2, KIND_GROWTH = 3, KIND_FAULTS = 4, KIND_MANY = 5;
const STATE_ANON = 1, STATE_ZERO = 2, STATE_DIRTY = 4;

const AREA_KINDS = ['code', 'ro', 'data', 'heap', 'stack', 'anon', 'shared', 'none', 'kernel'];
const AREA_KIND_NAMES = ['code', 'read-only', 'data', 'heap', 'stack', 'anonymous', 'shared', 'no access', 'kernel’s'];

function unpackLook(p) {
	const n = p.runs.length / 3, look = {time: p.time, start: new Float64Array(n), pages: new Uint32Array(n), state: new Uint8Array(n)};
	let at = 0;
	for (let i = 0; i < n; i++) {
		look.start[i] = at += p.runs[3 * i];
		look.pages[i] = p.runs[3 * i + 1];
		look.state[i] = p.runs[3 * i + 2];
		at += look.pages[i];
	}
	return look;
}

function areaKind(i) {
	const flags = A.flags[i], name = D.names[A.name[i]];
	if (name === '[heap]')
		return 3;
	if (name === '[stack]' || flags & 16)
		return 4;
	if (/^\[v(dso|var|syscall)/.test(name))
		return 8;
	if (!(flags & 7))
		return 7;
	if (flags & 4)
		return 0;
	if (flags & 8)
		return 6;
	if (!A.file[i])
		return 5;
	return flags & 2 ? 2 : 1;
}
A.kind = Uint8Array.from({length: A.n}, (_, i) => areaKind(i));

// For each event the areas that came and that went with it.
function byEvent(column) {
	const first = new Int32Array(E.n + 2), list = new Int32Array(A.n);
	for (let i = 0; i < A.n; i++)
		first[column[i] + 1]++;
	for (let e = 0; e <= E.n; e++)
		first[e + 1] += first[e];
	const at = first.slice();
	for (let i = 0; i < A.n; i++)
		list[at[column[i]]++] = i;
	return e => list.subarray(first[e], first[e + 1]);
}
const bornAt = byEvent(A.born), diedAt = byEvent(A.died);

// The areas after event e, by address.
const alive = {event: -1, list: new Int32Array(A.n), n: 0};
function aliveAt(e) {
	if (alive.event === e)
		return alive;
	let n = 0;
	for (let i = 0; i < A.n; i++) {
		if (A.born[i] <= e && e < A.died[i])
			alive.list[n++] = i;
	}
	alive.event = e;
	alive.n = n;
	return alive;
}

// The first of n for which what holds; it holds for all behind it.
function firstWhere(n, what) {
	let lo = 0, hi = n;
	while (lo < hi) {
		const mid = (lo + hi) >> 1;
		if (what(mid))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

// The area of a page after event e, or -1.
function areaOf(page, e) {
	const {list, n} = aliveAt(e);
	const i = firstWhere(n, k => A.end[list[k]] > page);
	return i < n && A.start[list[i]] <= page ? list[i] : -1;
}

// The look at pages that fits best to the time between event e and the next.
function lookAt(e) {
	const until = e + 1 < E.n ? E.time[e + 1] : Infinity;
	const i = firstWhere(LOOKS.length, k => LOOKS[k].time >= until);
	return LOOKS[Math.max(0, i - 1)] || null;
}

function residentIn(look, start, end) {
	const sum = {pages: 0, dirty: 0, anon: 0, zero: 0};
	if (!look)
		return sum;
	for (let i = firstWhere(look.start.length, k => look.start[k] + look.pages[k] > start); i < look.start.length && look.start[i] < end; i++) {
		const n = Math.min(end, look.start[i] + look.pages[i]) - Math.max(start, look.start[i]);
		if (look.state[i] & STATE_ZERO) {
			sum.zero += n;
			continue;
		}
		sum.pages += n;
		sum.dirty += look.state[i] & STATE_DIRTY ? n : 0;
		sum.anon += look.state[i] & STATE_ANON ? n : 0;
	}
	return sum;
}

// Events that changed, or were about, any of [start, end), in order.
function eventsOf(start, end) {
	const found = new Set();
	for (let i = 0; i < A.n; i++) {
		if (A.start[i] < end && A.end[i] > start) {
			found.add(A.born[i]);
			if (A.died[i] < E.n)
				found.add(A.died[i]);
		}
	}
	for (let e = 0; e < E.n; e++) {
		if (E.pages[e] && E.kind[e] === KIND_CALL && E.start[e] < end && E.start[e] + E.pages[e] > start)
			found.add(e);
	}
	return [...found].sort((a, b) => a - b);
}

// ---- words ----

const hex = page => (page * PAGE).toString(16).padStart(8, '0');

function size(pages) {
	let n = pages * 4, units = ['KiB', 'MiB', 'GiB', 'TiB'], u = 0;
	while (n >= 1024 && u < 3) {
		n /= 1024;
		u++;
	}
	return (n >= 100 || n === Math.round(n) ? Math.round(n) : n.toFixed(1)) + ' ' + units[u];
}

function duration(us) {
	if (us < 1000)
		return us + ' µs';
	return us < 1e6 ? (us / 1000).toFixed(us < 1e4 ? 2 : 1) + ' ms' : (us / 1e6).toFixed(2) + ' s';
}

function perms(i) {
	const f = A.flags[i];
	return (f & 1 ? 'r' : '-') + (f & 2 ? 'w' : '-') + (f & 4 ? 'x' : '-') + (f & 8 ? 's' : 'p');
}

function flagWords(i) {
	return D.flags.filter((_, bit) => A.flags[i] >> (4 + bit) & 1).join(', ');
}

const baseName = name => name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
const areaName = i => D.names[A.name[i]] || 'anonymous';
const areaLabel = i => perms(i) + ' ' + size(A.end[i] - A.start[i]).padStart(8) + '  ' + baseName(areaName(i));
const areaRange = i => hex(A.start[i]) + '-' + hex(A.end[i]);

function eventText(e) {
	return E.kind[e] === KIND_START ? 'execve: the program is loaded' : D.texts[E.text[e]];
}

// The kind of an event for its colour and for the filter.
const EVENT_COLOURS = {mmap: 'anon', munmap: 'none', brk: 'heap', mprotect: 'shared', mremap: 'data', madvise: 'kernel',
	exec: 'code', start: 'code', growth: 'stack', faults: 'ro', other: 'none'};
function eventType(e) {
	switch (E.kind[e]) {
	case KIND_START: return 'start';
	case KIND_EXEC: return 'exec';
	case KIND_GROWTH: return 'growth';
	case KIND_FAULTS: return 'faults';
	}
	const name = D.texts[E.text[e]].split('(', 1)[0];
	return EVENT_COLOURS[name] ? name : 'other';
}
