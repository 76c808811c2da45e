// SPDX-License-Identifier: GPL-2.0-or-later
// ui: what the mouse and the keys do, and the words beside the picture.
'use strict';

const ROW = 20;
let shown = null;            // numbers of the events in the list
let dirty = {};
let playing = 0;

// Draw what has changed, once a frame.
function draw(...what) {
	for (const name of what)
		dirty[name] = true;
	if (!dirty.asked)
		requestAnimationFrame(drawNow);
	dirty.asked = true;
}

function drawNow() {
	const d = dirty;
	dirty = {};
	if (d.view) {
		drawHistory();
		drawCurves();
	}
	drawMap();
	drawHistoryMarks();
	drawCurveMarks();
	if (d.now)
		showNow();
	if (d.area)
		showArea();
	// The list may have less room now.
	if (d.follow)
		showInList();
	drawList();
}

// ---- where we are ----

function go(event, follow = true) {
	state.event = Math.max(0, Math.min(E.n - 1, event));
	if (state.event < view.first || state.event > view.last) {
		const span = view.last - view.first;
		view.first = Math.max(0, Math.min(E.n - 1 - span, state.event - (span >> 1)));
		view.last = view.first + span;
		draw('view');
	}
	draw('now', 'area');
	if (follow)
		draw('follow');
}

function choose(area) {
	state.area = area;
	draw('area', 'follow');
}

function showPlaces(low, high) {
	const span = Math.min(1, Math.max(1e-9, high - low));
	view.low = Math.max(0, Math.min(1 - span, low));
	view.high = view.low + span;
	draw('view');
}

function zoomPlaces(factor, where) {
	const at = where === undefined ? (view.low + view.high) / 2 : where, span = (view.high - view.low) * factor;
	showPlaces(at - (at - view.low) * factor, at - (at - view.low) * factor + span);
}

function zoomEvents(factor, event) {
	const span = Math.max(Math.min(8, E.n - 1), Math.min(E.n - 1, Math.round((view.last - view.first) * factor)));
	const part = (event - view.first) / (view.last - view.first || 1);
	view.first = Math.max(0, Math.min(E.n - 1 - span, Math.round(event - part * span)));
	view.last = Math.max(1, view.first + span);
	draw('view');
}

function showAll() {
	view.first = 0;
	view.last = Math.max(1, E.n - 1);
	showPlaces(0, 1);
}

// Make room for an area: a third of the height, with its neighbours above and below.
function showArea3(area) {
	const low = placeOf(A.start[area]), high = placeOf(A.end[area]), span = high - low;
	if (span < (view.high - view.low) / 40 || low < view.low || high > view.high)
		showPlaces(low - span, high + span);
}

// ---- words ----

function element(tag, text, className) {
	const node = document.createElement(tag);
	node.textContent = text;
	if (className)
		node.className = className;
	return node;
}

function difference(now, before) {
	const d = now - before;
	return d ? (d > 0 ? ' +' : ' −') + size(Math.abs(d)) : '';
}

function showNow() {
	const e = state.event, b = Math.max(0, e - 1), rss = k => E.file[k] + E.anon[k] + E.shmem[k];
	$('now').dataset.event = e;
	$('nowtitle').textContent = 'Event ' + (e + 1) + ' of ' + E.n;
	$('nowtime').textContent = duration(E.time[e]) + (E.tid[e] !== E.tid[0] ? ' · thread ' + E.tid[e] : '');
	$('nowtext').textContent = eventText(e);
	$('nowtext').className = E.failed[e] ? 'failed' : '';
	const changes = [...Array.from(diedAt(e), i => [i, 'gone']), ...Array.from(bornAt(e), i => [i, 'new'])];
	changes.sort((x, y) => A.start[x[0]] - A.start[y[0]]);
	$('nowchanges').replaceChildren(...(E.kind[e] === KIND_START ? [] : changes.slice(0, 60)).map(([i, what]) => {
		const node = element('div', areaRange(i) + ' ' + perms(i) + ' ' + baseName(areaName(i)), what);
		node.onclick = () => { choose(i); showArea3(i); };
		return node;
	}));
	$('nowstack').replaceChildren(...D.stacks[E.stack[e]].map(f => {
		const [, name, place] = /^(.*?)( \(.*\))?$/.exec(D.frames[f]), node = element('li', name);
		node.title = D.frames[f];
		if (place)
			node.append(element('span', place.replace(/[^ (]*\//, '')));
		return node;
	}));
	$('nownumbers').replaceChildren(...[['mapped', size(E.vm[e]), difference(E.vm[e], E.vm[b])],
		['resident', size(rss(e)), difference(rss(e), rss(b))], ['faults', E.faults[e], E.faults[e] - E.faults[b] ? ' +' + (E.faults[e] - E.faults[b]) : '']]
		.map(([name, value, more]) => {
			const node = element('div', name + ' ');
			node.append(element('b', value), element('span', more));
			return node;
		}));
}

// Everything about an area, as pairs.
function areaFacts(i) {
	const r = residentIn(lookAt(state.event), A.start[i], A.end[i]), here = A.born[i] <= state.event && state.event < A.died[i];
	const facts = [['size', size(A.end[i] - A.start[i]) + ', ' + (A.end[i] - A.start[i]) + ' pages'],
		['access', perms(i) + (flagWords(i) ? ', ' + flagWords(i) : '')], ['what', areaName(i)]];
	if (A.file[i])
		facts.push(['file', 'offset 0x' + hex(A.offset[i]).replace(/^0+(?=.)/, '') + ', ' + D.files[A.file[i] - 1]]);
	if (here)
		facts.push(['resident', r.pages + ' pages, ' + r.dirty + ' dirty, ' + r.anon + ' private' + (r.zero ? ', ' + r.zero + ' zero' : '')]);
	return facts;
}

function eventLink(e, words) {
	const node = element('a', words);
	node.dataset.event = e;
	node.onclick = () => go(e);
	return node;
}

function showArea() {
	const i = state.area;
	$('area').hidden = i < 0;
	if (i < 0)
		return;
	$('areatitle').textContent = areaRange(i);
	$('area').dataset.area = i;
	$('areafacts').replaceChildren(...areaFacts(i).flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
	const born = element('dd', ''), died = element('dd', '');
	born.append(eventLink(A.born[i], '#' + (A.born[i] + 1) + ' ' + eventText(A.born[i])));
	$('areafacts').append(element('dt', 'since'), born);
	if (A.died[i] < E.n) {
		died.append(eventLink(A.died[i], '#' + (A.died[i] + 1) + ' ' + eventText(A.died[i])));
		$('areafacts').append(element('dt', 'until'), died);
	}
	if ($('areaevents').dataset.area !== String(i)) {
		const events = eventsOf(A.start[i], A.end[i]);
		$('areaevents').dataset.area = i;
		$('areaevents').replaceChildren(element('span', 'Its addresses changed in ' + events.length + ' event' + (events.length === 1 ? '' : 's') + ' '));
		for (const e of events.slice(0, 40))
			$('areaevents').append(eventLink(e, '#' + (e + 1)), ' ');
		if (events.length > 40)
			$('areaevents').append('…');
	}
}

function tip(event, ...lines) {
	const box = $('tip');
	box.hidden = !lines.length;
	if (!lines.length)
		return;
	box.replaceChildren(...lines);
	const {width, height} = box.getBoundingClientRect();
	box.style.left = Math.max(4, Math.min(event.clientX + 16, innerWidth - width - 8)) + 'px';
	box.style.top = Math.max(4, event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18) + 'px';
}

function areaTip(event, i) {
	tip(event, element('b', areaRange(i) + '\n'), element('div', areaFacts(i).map(([n, v]) => n.padEnd(9) + v).join('\n')),
		element('span', 'since #' + (A.born[i] + 1) + ' ' + eventText(A.born[i])));
}

// ---- the list of events ----

function listed() {
	return shown || {length: E.n};
}

function filterEvents() {
	const text = $('filter').value.trim().toLowerCase();
	shown = null;
	if (text) {
		shown = [];
		for (let e = 0; e < E.n; e++) {
			if (eventType(e) === text || eventText(e).toLowerCase().includes(text))
				shown.push(e);
		}
	}
	$('listsize').style.height = listed().length * ROW + 'px';
	$('list').scrollTop = 0;
	showInList();
	drawList();
}

function showInList() {
	const at = shown ? firstWhere(shown.length, k => shown[k] >= state.event) : state.event, box = $('list');
	if (at * ROW < box.scrollTop || (at + 1) * ROW > box.scrollTop + box.clientHeight)
		box.scrollTop = Math.max(0, at * ROW - box.clientHeight / 2);
}

function drawList() {
	const first = Math.floor($('list').scrollTop / ROW), count = Math.ceil($('list').clientHeight / ROW) + 1, rows = [];
	for (let k = first; k < Math.min(listed().length, first + count); k++) {
		const e = shown ? shown[k] : k, node = element('div', '');
		const dot = element('i', '');
		dot.style.background = colours[EVENT_COLOURS[eventType(e)]];
		node.append(dot, (e + 1) + '  ' + eventText(e));
		node.className = (e === state.event ? 'current ' : '') + (E.failed[e] ? 'failed' : '');
		node.dataset.event = e;
		node.title = eventText(e);
		rows.push(node);
	}
	$('rows').style.top = first * ROW + 'px';
	$('rows').replaceChildren(...rows);
}

// ---- search ----

function search(text) {
	text = text.trim();
	const number = /^(0x)?[0-9a-f]{4,16}$/i.test(text) ? Math.floor(parseInt(text.replace(/^0x/i, ''), 16) / PAGE) : -1;
	let found = -1;
	if (number >= 0) {
		found = areaOf(number, state.event);
		// Not now: the last time that something was there.
		for (let i = 0; i < A.n && found < 0; i++) {
			if (A.start[i] <= number && number < A.end[i] && (found < 0 || A.died[i] > A.died[found]))
				found = i;
		}
	} else if (text) {
		const {list, n} = aliveAt(state.event), from = state.area;
		const matches = Array.from(list.subarray(0, n)).filter(i => areaName(i).toLowerCase().includes(text.toLowerCase()));
		found = matches.length ? matches.find(i => i > from) ?? matches[0] : -1;
	}
	$('query').classList.toggle('missed', !!text && found < 0);
	if (found < 0)
		return;
	if (state.event < A.born[found] || state.event >= A.died[found])
		go(Math.max(A.born[found], Math.min(state.event, A.died[found] - 1)));
	choose(found);
	showArea3(found);
}

// ---- mouse ----

function place(event, canvas) {
	const box = canvas.getBoundingClientRect();
	return {x: event.clientX - box.left, y: event.clientY - box.top, w: box.width, h: box.height};
}

function onMap() {
	const canvas = $('map');
	let drag = null;
	canvas.onpointerdown = event => {
		drag = {y: event.clientY, low: view.low, high: view.high, moved: false};
		canvas.setPointerCapture(event.pointerId);
	};
	canvas.onpointermove = event => {
		const p = place(event, canvas);
		if (drag && (drag.moved || Math.abs(event.clientY - drag.y) > 3)) {
			const by = (event.clientY - drag.y) / (p.h - MARKS) * (drag.high - drag.low);
			drag.moved = true;
			showPlaces(drag.low + by, drag.high + by);
			return;
		}
		const i = areaOf(pageOfY(p.y, p.h - MARKS), state.event);
		i >= 0 ? areaTip(event, i) : tip(event);
	};
	canvas.onpointerup = event => {
		const p = place(event, canvas);
		if (drag && !drag.moved)
			choose(areaOf(pageOfY(p.y, p.h - MARKS), state.event));
		drag = null;
	};
	canvas.onpointerleave = event => tip(event);
	canvas.addEventListener('wheel', event => {
		const p = place(event, canvas);
		event.preventDefault();
		zoomPlaces(Math.pow(1.0015, event.deltaY), view.high - p.y / (p.h - MARKS) * (view.high - view.low));
	}, {passive: false});
}

function onHistory(canvas, hasAreas) {
	let scrubbing = false;
	const moveTo = event => {
		const p = place(event, canvas);
		go(eventOfX(p.x, p.w));
	};
	canvas.onpointerdown = event => {
		scrubbing = true;
		canvas.setPointerCapture(event.pointerId);
		moveTo(event);
		const p = place(event, canvas);
		if (hasAreas)
			choose(areaOf(pageOfY(p.y, p.h - MARKS), state.event));
	};
	canvas.onpointermove = event => {
		const p = place(event, canvas);
		if (scrubbing)
			moveTo(event);
		const e = eventOfX(p.x, p.w), i = hasAreas ? areaThen(pageOfY(p.y, p.h - MARKS), e) : -1;
		const head = [element('b', '#' + (e + 1) + '  ' + duration(E.time[e]) + '\n'), element('div', eventText(e))];
		if (i >= 0)
			head.push(element('span', '\n' + areaRange(i) + '  ' + areaLabel(i)));
		tip(event, ...head);
	};
	canvas.onpointerup = () => { scrubbing = false; };
	canvas.onpointerleave = event => tip(event);
	canvas.addEventListener('wheel', event => {
		const p = place(event, canvas);
		event.preventDefault();
		if (event.shiftKey || !hasAreas)
			zoomEvents(Math.pow(1.0015, event.deltaY || event.deltaX), eventOfX(p.x, p.w));
		else
			zoomPlaces(Math.pow(1.0015, event.deltaY), view.high - p.y / (p.h - MARKS) * (view.high - view.low));
	}, {passive: false});
}

// As areaOf(), for an event that nobody has gone to.
function areaThen(page, e) {
	for (let i = 0; i < A.n && A.start[i] <= page; i++) {
		if (page < A.end[i] && A.born[i] <= e && e < A.died[i])
			return i;
	}
	return -1;
}

// ---- keys ----

function nextOfArea(step) {
	if (state.area < 0)
		return;
	const events = eventsOf(A.start[state.area], A.end[state.area]);
	const e = step > 0 ? events.find(x => x > state.event) : events.reverse().find(x => x < state.event);
	if (e !== undefined)
		go(e);
}

function setAxis(byTime) {
	view.byTime = byTime;
	$('axis').textContent = byTime ? 'by time' : 'by event';
	draw('view');
}

function setTheme(dark) {
	document.documentElement.classList.toggle('dark', dark);
	readColours();
	showLegend();
	draw('view');
}

function play() {
	clearInterval(playing);
	playing = playing ? 0 : setInterval(() => {
		go(state.event + Math.max(1, Math.round((view.last - view.first) / 200)));
		if (state.event >= view.last)
			play();
	}, 50);
	$('play').textContent = playing ? '❚❚' : '▶';
	if (playing && state.event >= view.last)
		go(view.first);
}

const KEYS = {
	ArrowLeft: event => go(state.event - (event.shiftKey ? 10 : 1)),
	ArrowRight: event => go(state.event + (event.shiftKey ? 10 : 1)),
	ArrowUp: () => showPlaces(view.low + (view.high - view.low) / 8, view.high + (view.high - view.low) / 8),
	ArrowDown: () => showPlaces(view.low - (view.high - view.low) / 8, view.high - (view.high - view.low) / 8),
	Home: () => go(0),
	End: () => go(E.n - 1),
	PageUp: () => go(state.event - Math.ceil(E.n / 20)),
	PageDown: () => go(state.event + Math.ceil(E.n / 20)),
	'+': () => zoomPlaces(0.7), '=': () => zoomPlaces(0.7), '-': () => zoomPlaces(1 / 0.7), '0': showAll,
	n: () => nextOfArea(1), p: () => nextOfArea(-1), ' ': play,
	t: () => setAxis(!view.byTime), d: () => setTheme(!document.documentElement.classList.contains('dark')),
	'/': () => $('query').focus(), e: () => $('filter').focus(), '?': () => $('keys').showModal(), Escape: () => choose(-1),
};

function onKey(event) {
	const typing = /^(INPUT|BUTTON)$/.test(event.target.tagName) || $('keys').open;
	if (event.key === 'Escape' && typing)
		event.target.blur();
	if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key])
		return;
	event.preventDefault();
	KEYS[event.key](event);
}

// ---- the beginning ----

function showLegend() {
	const used = AREA_KINDS.map((_, k) => A.kind.includes(k)), nodes = [];
	AREA_KINDS.forEach((kind, k) => {
		if (used[k])
			nodes.push(legendOf(colours[kind], AREA_KIND_NAMES[k]));
	});
	nodes.push(element('span', 'faint: mapped; half: resident; full: dirty', 'wide'),
		legendOf(colours.file, 'resident: of files', 'wide'), legendOf(colours.rssanon, 'resident: private', 'wide'));
	if (E.shmem.some(pages => pages))
		nodes.push(legendOf(colours.shmem, 'resident: shared memory', 'wide'));
	$('legend').replaceChildren(...nodes);
}

function legendOf(colour, text, className) {
	const node = element('span', text, className), box = element('i', '');
	box.style.background = colour;
	node.prepend(box);
	return node;
}

function start() {
	const command = D.argv.map(a => /^[\w./:=,@%+-]+$/.test(a) ? a : JSON.stringify(a)).join(' ');
	let vm = 0, rss = 0;
	for (let e = 0; e < E.n; e++) {
		vm = Math.max(vm, E.vm[e]);
		rss = Math.max(rss, E.file[e] + E.anon[e] + E.shmem[e]);
	}
	document.title = 'ulk maps: ' + command;
	$('title').textContent = $('title').title = command;
	$('summary').textContent = [D.ended, duration(E.time[E.n - 1]), E.n + ' events', aliveAt(E.n - 1).n + ' areas at the end',
		'at most ' + size(vm) + ' mapped, ' + size(rss) + ' resident', E.faults[E.n - 1] + ' faults'].filter(Boolean).join(' · ');
	$('summary').title = $('summary').textContent;
	onMap();
	onHistory($('history'), true);
	onHistory($('curves'), false);
	document.addEventListener('keydown', onKey);
	$('search').onsubmit = event => { event.preventDefault(); search($('query').value); };
	$('query').oninput = () => $('query').classList.remove('missed');
	$('filter').oninput = filterEvents;
	$('list').onscroll = drawList;
	$('rows').onclick = event => event.target.closest('[data-event]') && go(+event.target.closest('[data-event]').dataset.event, false);
	$('axis').onclick = () => setAxis(!view.byTime);
	$('reset').onclick = showAll;
	$('play').onclick = play;
	$('theme').onclick = () => setTheme(!document.documentElement.classList.contains('dark'));
	$('help').onclick = () => $('keys').showModal();
	$('areaclose').onclick = () => choose(-1);
	new ResizeObserver(() => draw('view')).observe($('picture'));
	filterEvents();
	setAxis(false);
	setTheme(matchMedia('(prefers-color-scheme: dark)').matches);
	go(E.n - 1);
}

start();
