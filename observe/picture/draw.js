// SPDX-License-Identifier: GPL-2.0-or-later
// draw: the three canvases. The history and the curves are drawn when the view changes; moving through the run draws only
// the map and the marks.
'use strict';

const $ = id => document.getElementById(id);
const GUTTER = 100, BOX = 104, MARKS = 13;   // of the map; of the history

const view = {low: 0, high: 1, first: 0, last: Math.max(1, E.n - 1), byTime: false};
const state = {event: E.n - 1, area: -1, hover: null};
let colours = {};

function readColours() {
	const style = getComputedStyle(document.documentElement);
	colours = {};
	for (const name of [...AREA_KINDS, 'bg', 'panel', 'text', 'dim', 'line', 'mark', 'file', 'rssanon', 'shmem', 'vm'])
		colours[name] = style.getPropertyValue('--' + name).trim();
	colours.kinds = AREA_KINDS.map(name => colours[name]);
}

// A canvas as large as its place on the screen; its context draws in CSS pixels.
function prepare(canvas) {
	const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
	if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
		canvas.width = Math.round(w * ratio);
		canvas.height = Math.round(h * ratio);
	}
	const g = canvas.getContext('2d');
	g.setTransform(ratio, 0, 0, ratio, 0, 0);
	g.clearRect(0, 0, w, h);
	g.font = '11px ui-monospace, "DejaVu Sans Mono", monospace';
	g.textBaseline = 'middle';
	return {g, w, h};
}

const yOfPlace = (where, h) => h * (view.high - where) / (view.high - view.low);
const yOf = (page, h) => yOfPlace(placeOf(page), h);
const pageOfY = (y, h) => Math.floor(pageAt(view.high - y / h * (view.high - view.low)));

// The horizontal axis, by event or by time. What an event makes lasts until the next; the last one has room, too.
const axisOf = e => view.byTime ? E.time[e] : e;
function axisEnd() {
	if (view.last + 1 < E.n)
		return axisOf(view.last + 1);
	return view.byTime ? E.time[view.last] + (E.time[view.last] - E.time[view.first]) / 50 + 1 : view.last + 1;
}
function xOf(e, w) {
	const from = axisOf(view.first);
	return w * (axisOf(e) - from) / (axisEnd() - from);
}
function cursorX(w) {
	return view.byTime ? xOf(state.event, w) : (xOf(state.event, w) + xOf(state.event + 1, w)) / 2;
}
function eventOfX(x, w) {
	const from = axisOf(view.first), at = from + x / w * (axisEnd() - from);
	const e = view.byTime ? firstWhere(E.n, k => E.time[k] > at) - 1 : Math.floor(at);
	return Math.max(0, Math.min(E.n - 1, e));
}

// ---- the map ----

function drawMap() {
	const {g, w, h: whole} = prepare($('map')), h = whole - MARKS, {list, n} = aliveAt(state.event);
	g.fillStyle = colours.panel;
	g.fillRect(GUTTER, 0, BOX, h);
	drawHoles(g, h);
	let row = -1;
	for (let k = 0; k < n; k++) {
		const i = list[k], bottom = yOfPlace(A.low[i], h), top = yOfPlace(A.high[i], h);
		if (bottom < 0 || top > h)
			continue;
		// Of many in one row of pixels one is enough.
		if (bottom - top < 1 && Math.floor(top) === row)
			continue;
		row = Math.floor(top);
		g.globalAlpha = A.kind[i] === 7 ? 0.28 : 0.36;
		g.fillStyle = colours.kinds[A.kind[i]];
		g.fillRect(GUTTER, top, BOX, Math.max(1, bottom - top));
		if (bottom - top > 3) {
			g.globalAlpha = 0.9;
			g.fillRect(GUTTER, top, 3, bottom - top);
			g.globalAlpha = 1;
			g.fillStyle = colours.panel;
			g.fillRect(GUTTER, top, BOX, 1);
		}
	}
	g.globalAlpha = 1;
	drawPages(g, h);
	drawLabels(g, w, h);
	drawChosen(g, h, GUTTER - 3, BOX + 6);
	$('maplabel').textContent = n + (n === 1 ? ' area' : ' areas') + ' after event ' + (state.event + 1);
}

function drawHoles(g, h) {
	const {edges, place, covered, n} = SCALE;
	g.strokeStyle = colours.line;
	g.fillStyle = colours.dim;
	g.textAlign = 'center';
	for (let i = 0; i < n - 1; i++) {
		if (covered[i] || edges[i + 1] - edges[i] <= 512)
			continue;
		const top = yOfPlace(place[i + 1], h), bottom = yOfPlace(place[i], h);
		if (bottom < 0 || top > h || bottom - top < 4)
			continue;
		g.beginPath();
		g.setLineDash([2, 3]);
		g.moveTo(GUTTER, (top + bottom) / 2);
		g.lineTo(GUTTER + BOX, (top + bottom) / 2);
		g.stroke();
		g.setLineDash([]);
		if (bottom - top > 11) {
			const text = size(edges[i + 1] - edges[i]), width = g.measureText(text).width + 10;
			g.clearRect(GUTTER + BOX / 2 - width / 2, (top + bottom) / 2 - 6, width, 12);
			g.fillText(text, GUTTER + BOX / 2, (top + bottom) / 2);
		}
	}
}

// Resident pages in the colour of their area; what is dirty is darker.
function drawPages(g, h) {
	const look = lookAt(state.event), {list, n} = aliveAt(state.event);
	if (!look)
		return;
	let k = 0, row = -1, rowDirty = false;
	for (let r = 0; r < look.start.length; r++) {
		let at = look.start[r];
		const end = at + look.pages[r], dirty = !!(look.state[r] & STATE_DIRTY);
		while (at < end) {
			while (k < n && A.end[list[k]] <= at)
				k++;
			if (k === n)
				return;
			const i = list[k], from = Math.max(at, A.start[i]), to = Math.min(end, A.end[i]);
			at = A.end[i];
			if (from >= to)
				continue;
			const bottom = yOf(from, h), top = yOf(to, h), y = Math.floor(top);
			if (bottom < 0 || top > h || (bottom - top < 1 && y === row && rowDirty >= dirty))
				continue;
			row = y;
			rowDirty = dirty;
			g.globalAlpha = look.state[r] & STATE_ZERO ? 0.25 : dirty ? 1 : 0.5;
			g.fillStyle = colours.kinds[A.kind[i]];
			g.fillRect(GUTTER + 6, top, BOX - 6, Math.max(0.75, bottom - top));
		}
	}
	g.globalAlpha = 1;
}

// Addresses to the left, names to the right, as many as have room: large areas first.
function drawLabels(g, w, h) {
	const {list, n} = aliveAt(state.event), taken = new Uint8Array(Math.ceil(h) + 1), wanted = [];
	const free = y => {
		for (let r = Math.max(0, Math.floor(y - 6)); r <= Math.min(h, y + 6); r++) {
			if (taken[r])
				return false;
		}
		return y >= 6 && y <= h - 6;
	};
	const take = y => taken.fill(1, Math.max(0, Math.floor(y - 6)), Math.ceil(y + 7));
	let small = {n: 0};
	const endSmall = () => {
		if (small.n > 1 && small.bottom - small.top > 13)
			wanted.push({i: -1, text: small.n.toLocaleString('en') + ' areas', y: (small.top + small.bottom) / 2, height: 2, bottom: small.bottom,
				address: small.start});
		small = {n: 0};
	};
	for (let k = 0; k < n; k++) {
		const i = list[k], bottom = Math.min(h, yOfPlace(A.low[i], h)), top = Math.max(0, yOfPlace(A.high[i], h));
		if (bottom <= top)
			continue;
		if (i === state.area || bottom - top > 2)
			wanted.push({i, text: areaLabel(i), y: (top + bottom) / 2, height: bottom - top + (i === state.area ? 1e6 : 0), bottom,
				address: A.start[i]});
		if (bottom - top > 2 || (small.n && small.top - bottom > 2))
			endSmall();
		if (bottom - top <= 2)
			small = {n: small.n + 1, bottom: small.n ? small.bottom : bottom, start: small.n ? small.start : A.start[i], top};
	}
	endSmall();
	wanted.sort((a, b) => b.height - a.height);
	g.textAlign = 'left';
	for (const label of wanted.slice(0, 400)) {
		if (!free(label.y))
			continue;
		take(label.y);
		const width = w - GUTTER - BOX - 12;
		let text = label.text;
		if (g.measureText(text).width > width)
			text = text.slice(0, Math.floor(width / 6.7)) + '…';
		g.fillStyle = label.i < 0 ? colours.dim : colours.text;
		g.fillText(text, GUTTER + BOX + 10, label.y);
	}
	taken.fill(0);
	g.textAlign = 'right';
	g.fillStyle = colours.dim;
	for (const label of wanted.slice(0, 400)) {
		if (free(label.bottom)) {
			take(label.bottom);
			g.fillText(hex(label.address), GUTTER - 8, label.bottom);
		}
	}
}

function drawChosen(g, h, x, width) {
	if (state.area < 0)
		return;
	const top = yOf(A.end[state.area], h), bottom = yOf(A.start[state.area], h);
	g.strokeStyle = colours.mark;
	g.lineWidth = 1.5;
	g.strokeRect(x + 0.5, top, width - 1, Math.max(1, bottom - top));
	g.lineWidth = 1;
}

// ---- the history ----

const layers = {history: document.createElement('canvas'), curves: document.createElement('canvas')};

// Keep what is on @canvas, so that marks can be drawn over it again and again.
function keep(name, canvas) {
	layers[name].width = canvas.width;
	layers[name].height = canvas.height;
	layers[name].getContext('2d').drawImage(canvas, 0, 0);
}

function restore(name, canvas) {
	const g = canvas.getContext('2d'), ratio = window.devicePixelRatio || 1;
	g.setTransform(1, 0, 0, 1, 0, 0);
	g.clearRect(0, 0, canvas.width, canvas.height);
	g.drawImage(layers[name], 0, 0);
	g.setTransform(ratio, 0, 0, ratio, 0, 0);
	return {g, w: canvas.clientWidth, h: canvas.clientHeight};
}

function drawHistory() {
	const {g, w, h} = prepare($('history')), body = h - MARKS;
	g.fillStyle = colours.panel;
	g.fillRect(0, 0, w, body);
	g.save();
	g.beginPath();
	g.rect(0, 0, w, body);
	g.clip();
	let row = -1, from = -1, to = -1;
	for (let i = 0; i < A.n; i++) {
		if (A.born[i] > view.last || A.died[i] < view.first)
			continue;
		const bottom = yOfPlace(A.low[i], body), top = yOfPlace(A.high[i], body);
		if (bottom < 0 || top > body)
			continue;
		const x0 = Math.max(0, xOf(A.born[i], w)), x1 = A.died[i] >= E.n ? w : Math.min(w, xOf(A.died[i], w));
		if (bottom - top < 1) {
			// Of many that fill the same pixels one is enough.
			if (Math.floor(top) === row && Math.floor(x0) === from && Math.floor(x1) === to)
				continue;
			row = Math.floor(top);
			from = Math.floor(x0);
			to = Math.floor(x1);
		}
		g.globalAlpha = A.kind[i] === 7 ? 0.3 : 0.72;
		g.fillStyle = colours.kinds[A.kind[i]];
		g.fillRect(x0, top, Math.max(0.7, x1 - x0), Math.max(0.7, bottom - top));
		if (bottom - top > 4) {
			g.fillStyle = colours.panel;
			g.globalAlpha = 0.8;
			g.fillRect(x0, top, x1 - x0, 0.75);
		}
	}
	g.restore();
	g.globalAlpha = 1;
	drawEventMarks(g, w, body);
	keep('history', $('history'));
	$('historylabel').textContent = (view.byTime ? 'by time' : 'by event') +
		(view.first || view.last < E.n - 1 ? ', events ' + (view.first + 1) + ' to ' + (view.last + 1) : ', ' + E.n + ' events');
}

function drawEventMarks(g, w, y) {
	let column = -1;
	for (let e = view.first; e <= view.last && e < E.n; e++) {
		const x = xOf(e, w);
		if (Math.floor(x) === column)
			continue;
		column = Math.floor(x);
		g.fillStyle = colours[EVENT_COLOURS[eventType(e)]];
		g.fillRect(Math.min(x, w - 2), y + 3, Math.max(1.2, Math.min(3, w / (view.last - view.first + 1) - 1)), MARKS - 4);
	}
}

function drawHistoryMarks() {
	const {g, w, h} = restore('history', $('history')), x = cursorX(w);
	if (state.area >= 0) {
		const top = yOf(A.end[state.area], h - MARKS), bottom = yOf(A.start[state.area], h - MARKS);
		const x0 = xOf(A.born[state.area], w), x1 = A.died[state.area] >= E.n ? w : xOf(A.died[state.area], w);
		g.strokeStyle = colours.mark;
		g.strokeRect(x0 + 0.5, top, Math.max(2, x1 - x0 - 1), Math.max(1, bottom - top));
	}
	drawCursor(g, x, h);
}

function drawCursor(g, x, h) {
	g.fillStyle = colours.mark;
	g.fillRect(Math.round(x) - 0.75, 0, 1.5, h);
	g.beginPath();
	g.moveTo(x - 5, 0);
	g.lineTo(x + 5, 0);
	g.lineTo(x, 6);
	g.fill();
}

// ---- the curves ----

// The curves by columns of pixels: the most in each, and what holds at its end. When the axis is time, the samples between
// the events count, too.
function columns(w) {
	const n = Math.max(1, Math.ceil(w)), names = ['vm', 'file', 'anon', 'shmem'], c = {n, vmMax: 1, vmMin: Infinity, rssMax: 1};
	for (const name of names) {
		c[name] = new Float64Array(n);
		c[name + 'End'] = new Float64Array(n).fill(-1);
	}
	const add = (table, k, x) => {
		const at = Math.max(0, Math.min(n - 1, Math.floor(x)));
		for (const name of names) {
			c[name][at] = Math.max(c[name][at], table[name][k]);
			c[name + 'End'][at] = table[name][k];
		}
		c.vmMax = Math.max(c.vmMax, table.vm[k]);
		c.vmMin = Math.min(c.vmMin, table.vm[k] || 1);
		c.rssMax = Math.max(c.rssMax, table.file[k] + table.anon[k] + table.shmem[k]);
	};
	const from = axisOf(view.first), scale = w / (axisEnd() - from), last = Math.min(view.last, E.n - 1);
	let s = view.byTime ? firstWhere(S.n, k => S.time[k] >= E.time[view.first]) : S.n;
	for (let e = view.first; e <= last; e++) {
		for (; s < S.n && S.time[s] < E.time[e]; s++)
			add(S, s, (S.time[s] - from) * scale);
		add(E, e, (axisOf(e) - from) * scale);
	}
	// Between, what was holds on.
	for (const name of names) {
		for (let i = 1; i < n; i++) {
			if (c[name + 'End'][i] < 0)
				c[name][i] = c[name + 'End'][i] = c[name + 'End'][i - 1];
		}
	}
	return c;
}

function drawCurves() {
	const {g, w, h} = prepare($('curves')), c = columns(w), half = (h - 22) / 2;
	// A reservation of terabytes would flatten all else.
	const log = c.vmMax > 200 * c.vmMin, base = Math.log(Math.max(1, c.vmMin / 2));
	const vmPart = i => log ? (Math.log(Math.max(1, c.vm[i])) - base) / (Math.log(c.vmMax) - base) : c.vm[i] / c.vmMax;
	const stacked = [['file', i => c.file[i]], ['shmem', i => c.file[i] + c.shmem[i]],
		['rssanon', i => c.file[i] + c.shmem[i] + c.anon[i]]];
	drawCurve(g, c.n, half, half - 14, vmPart, colours.vm, 0.4);
	for (let k = stacked.length - 1; k >= 0; k--)
		drawCurve(g, c.n, h - 2, half - 8, i => Math.min(1, stacked[k][1](i) / c.rssMax), colours[stacked[k][0]], 1);
	g.fillStyle = colours.dim;
	g.textAlign = 'left';
	g.fillText('mapped (VmSize), at most ' + size(c.vmMax) + (log ? ', logarithmic' : ''), 4, 7);
	g.fillText('resident (VmRSS), at most ' + size(c.rssMax), 4, half + 12);
	keep('curves', $('curves'));
}

function drawCurve(g, n, bottom, height, part, colour, alpha) {
	g.beginPath();
	g.moveTo(0, bottom);
	for (let i = 0; i < n; i++) {
		const y = bottom - height * part(i);
		g.lineTo(i, y);
		g.lineTo(i + 1, y);
	}
	g.lineTo(n, bottom);
	g.globalAlpha = alpha;
	g.fillStyle = colour;
	g.fill();
	g.globalAlpha = 1;
}

function drawCurveMarks() {
	const {g, w, h} = restore('curves', $('curves'));
	g.fillStyle = colours.mark;
	g.fillRect(Math.round(cursorX(w)) - 0.75, 0, 1.5, h);
}
