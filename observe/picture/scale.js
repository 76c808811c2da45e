// SPDX-License-Identifier: GPL-2.0-or-later
// scale: addresses on a line that a person can read. What was ever mapped gets room by the logarithm of its size, holes get
// little; the same for the whole run, so that nothing jumps while one moves through it.
'use strict';

const SCALE = makeScale();

function makeScale() {
	const edges = new Float64Array(2 * A.n);
	edges.set(A.start);
	edges.set(A.end, A.n);
	edges.sort();
	let n = 0;
	for (let i = 0; i < edges.length; i++) {
		if (!n || edges[i] !== edges[n - 1])
			edges[n++] = edges[i];
	}
	const covered = coverage(edges, n), weight = new Float64Array(Math.max(0, n - 1));
	const isGap = i => !covered[i] && edges[i + 1] - edges[i] > 512;
	for (let i = 0; i < n - 1;) {
		if (isGap(i)) {
			weight[i] = 1.6 + 0.06 * Math.log2(edges[i + 1] - edges[i]);
			i++;
			continue;
		}
		// A cluster: what lies together shares room that grows slowly with how much it is and how often it changed.
		let to = i, sum = 0, pages = 0;
		for (; to < n - 1 && !isGap(to); to++) {
			const size = edges[to + 1] - edges[to];
			weight[to] = (covered[to] ? 1 : 0.25) * (1 + Math.log2(size));
			sum += weight[to];
			pages += covered[to] ? size : 0;
		}
		const room = (2 + Math.log2(1 + pages)) * Math.pow(to - i, 0.25);
		for (; i < to; i++)
			weight[i] *= room / sum;
	}
	const place = new Float64Array(n);
	for (let i = 1; i < n; i++)
		place[i] = place[i - 1] + weight[i - 1];
	const total = place[n - 1] || 1;
	for (let i = 0; i < n; i++)
		place[i] /= total;
	return {edges: edges.slice(0, n), place, covered, n};
}

// Which of the pieces between edges were ever mapped?
function coverage(edges, n) {
	const depth = new Int32Array(n + 1), covered = new Uint8Array(n);
	const at = new Map();
	for (let i = 0; i < n; i++)
		at.set(edges[i], i);
	for (let i = 0; i < A.n; i++) {
		depth[at.get(A.start[i])]++;
		depth[at.get(A.end[i])]--;
	}
	for (let i = 0, d = 0; i < n; i++) {
		d += depth[i];
		covered[i] = d > 0;
	}
	return covered;
}

// Page to place in [0, 1], low addresses at 0, and back.
function placeOf(page) {
	const {edges, place, n} = SCALE;
	const i = firstWhere(n, k => edges[k] > page) - 1;
	if (i < 0)
		return 0;
	if (i >= n - 1)
		return 1;
	return place[i] + (place[i + 1] - place[i]) * (page - edges[i]) / (edges[i + 1] - edges[i]);
}

function pageAt(where) {
	const {edges, place, n} = SCALE;
	const i = Math.min(n - 2, Math.max(0, firstWhere(n, k => place[k] > where) - 1));
	return edges[i] + (edges[i + 1] - edges[i]) * (where - place[i]) / (place[i + 1] - place[i] || 1);
}

// Where each area is, found once.
A.low = Float64Array.from(A.start, placeOf);
A.high = Float64Array.from(A.end, placeOf);
