// What is running right now. One stream of sessions and events; the chosen session's spans are fetched when it changes.
// Text that agents wrote only ever becomes textContent.

const sessionsShown = 60;
const tickerShown = 120;
const icons = { query: '◇', agent: '●', team: '◆', llm: '✦', tool: '▣', memory: '▤', a2a: '⇄', evaluation: '✓', other: '·' };
const stateIcons = { active: '◐', waiting: '?', idle: '✓', error: '✕', interrupted: '⚠' };

const element = (id) => document.getElementById(id);
const sessions = new Map();
let chosen = new URLSearchParams(location.search).get('session');
let spans = [];
let events = [];
let eventsSeen = 0;
let lastId = null;
let paused = false;
let dirty = { sessions: true, ticker: true, timeline: true };
let refetch = null;

function node(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

function duration(ms) {
  if (ms === undefined || Number.isNaN(ms)) return '';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60000)} m ${Math.round((ms % 60000) / 1000)} s`;
}

function tokensOf(row) {
  const total = row.usage?.total ?? row.usage;
  return (total?.inputTokens ?? 0) + (total?.outputTokens ?? 0);
}

function drawSessions() {
  const rows = [...sessions.values()].sort((a, b) => (a.lastActivity < b.lastActivity ? 1 : -1)).slice(0, sessionsShown);
  const known = new Set(rows.map((row) => row.id));
  for (const id of [...sessions.keys()]) if (!known.has(id) && id !== chosen) sessions.delete(id);
  const list = rows.map((row) => {
    const item = node('li');
    item.tabIndex = 0;
    item.setAttribute('aria-current', String(row.id === chosen));
    const title = node('div', 'name', row.name || row.id);
    const facts = node('div', 'facts');
    facts.append(node('span', `state-${row.status}`, `${stateIcons[row.status] ?? ''} ${row.status}`));
    facts.append(` · ${row.spans} spans · ${compact.format(tokensOf(row))} tokens`);
    if (row.errors) facts.append(node('span', 'failed', ` · ${row.errors} errors`));
    item.append(title, facts);
    item.onclick = () => choose(row.id);
    item.onkeydown = (key) => { if (key.key === 'Enter') choose(row.id); };
    return item;
  });
  element('sessions').replaceChildren(...list);
  element('empty').hidden = rows.length > 0;
  element('tile-active').textContent = rows.filter((row) => row.status === 'active').length;
  element('tile-errors').textContent = compact.format(rows.reduce((sum, row) => sum + (row.errors ?? 0), 0));
  element('tile-tokens').textContent = compact.format(rows.reduce((sum, row) => sum + tokensOf(row), 0));
}

function drawTicker() {
  const list = events.map((event) => {
    const item = node('li');
    const subject = event.subject ?? event.agent ?? event.team ?? event.queryName ?? '';
    const kind = event.component ?? 'other';
    item.append(node('time', '', event.time.slice(11, 23)));
    const what = node('span', `what kind-${kind}`, `${icons[kind] ?? '·'} ${event.reason} ${subject}`);
    if (event.level === 'Warning') what.classList.add('failed');
    item.append(what, node('span', 'took', duration(event.durationMs)));
    return item;
  });
  element('ticker').replaceChildren(...list);
}

/** Depth-first by start, so that children stand below their parents. */
function ordered(list) {
  const children = new Map();
  const ids = new Set(list.map((span) => span.spanId));
  for (const span of list) {
    const parent = ids.has(span.parentSpanId) ? span.parentSpanId : '';
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const out = [];
  const walk = (parent, depth) => {
    for (const span of children.get(parent) ?? []) {
      out.push({ span, depth });
      if (depth < 24) walk(span.spanId, depth + 1);
    }
  };
  walk('', 0);
  return out;
}

function bar(span, from, width) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('viewBox', '0 0 1000 22');
  const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  const start = Date.parse(span.start);
  const end = span.end ? Date.parse(span.end) : Date.now();
  rect.setAttribute('x', String(((start - from) / width) * 1000));
  rect.setAttribute('width', String(Math.max(2, ((end - start) / width) * 1000)));
  rect.setAttribute('y', '5');
  rect.setAttribute('height', '12');
  rect.setAttribute('fill', 'currentColor');
  rect.setAttribute('opacity', span.end ? '0.85' : '0.45');
  svg.append(rect);
  return svg;
}

function drawTimeline() {
  const row = sessions.get(chosen);
  element('detail-name').textContent = row ? row.name || row.id : chosen ?? 'Choose a session';
  element('detail-facts').textContent = row
    ? `${row.id} · ${row.status} · ${row.queries} queries · ${row.spans} spans · ${row.errors} errors · ${tokensOf(row)} tokens`
    : '';
  if (spans.length === 0) return element('timeline').replaceChildren();
  const from = Math.min(...spans.map((span) => Date.parse(span.start)));
  const until = Math.max(...spans.map((span) => (span.end ? Date.parse(span.end) : Date.now())));
  const width = Math.max(1, until - from);
  const rows = ordered(spans).map(({ span, depth }) => {
    const kind = span.component ?? 'other';
    const line = node('div', `row kind-${kind}`);
    line.setAttribute('role', 'row');
    const took = span.end ? duration(span.durationMs) : span.status;
    const failed = span.status === 'error' ? ' failed' : '';
    const label = node('div', `label${failed}`, `${'  '.repeat(depth)}${icons[kind] ?? '·'} ${span.name}`);
    label.title = `${span.name} · ${took}`;
    label.setAttribute('role', 'cell');
    const track = node('div', `track${failed}`);
    track.setAttribute('role', 'cell');
    track.setAttribute('aria-label', took);
    track.append(bar(span, from, width));
    line.append(label, track);
    return line;
  });
  element('timeline').replaceChildren(...rows);
}

/** The whole session, or its last minute when that is too much to draw span by span. */
async function timelineOf(id) {
  const url = `/v1/sessions/${encodeURIComponent(id)}/timeline`;
  const whole = await (await fetch(url)).json();
  if (whole.exact || !whole.to) return whole.spans ?? [];
  const from = new Date(Date.parse(whole.to) - 60_000).toISOString();
  return (await (await fetch(`${url}?from=${from}`)).json()).spans ?? [];
}

async function fetchSpans() {
  refetch = null;
  if (!chosen) return;
  const id = chosen;
  const found = await timelineOf(id).catch(() => null);
  if (found === null || id !== chosen) return;
  spans = found.sort((a, b) => (a.start < b.start ? -1 : 1));
  dirty.timeline = true;
}

function choose(id) {
  chosen = id;
  spans = [];
  history.replaceState(null, '', `?session=${encodeURIComponent(id)}`);
  dirty.sessions = dirty.timeline = true;
  fetchSpans();
}

function onFrame(type, data) {
  if (type === 'session') {
    sessions.set(data.id, data);
    dirty.sessions = true;
    if (!chosen) choose(data.id);
    if (data.id === chosen && !refetch) refetch = setTimeout(fetchSpans, 250);
  } else if (type === 'event') {
    ++eventsSeen;
    events.unshift(data);
    events.length = Math.min(events.length, tickerShown);
    dirty.ticker = true;
  } else if (type === 'sync') {
    connection(paused ? '⏸ Paused' : '● Live');
  } else if (type === 'gap') {
    connection('⚠ Gap: some history is gone');
  }
}

function connection(text) {
  element('connection').textContent = text;
}

/** fetch() rather than EventSource: it shows the status, and a watchdog can end a silent connection. */
async function follow() {
  for (let wait = 500; ; wait = Math.min(15000, wait * 2)) {
    const abort = new AbortController();
    let alive = Date.now();
    const watchdog = setInterval(() => { if (Date.now() - alive > 40000) abort.abort(); }, 5000);
    try {
      const headers = lastId ? { 'Last-Event-ID': lastId } : {};
      const url = `/v1/stream?topics=session,event&snapshot=true&since=${lastId ? 'now' : '-30s'}`;
      const response = await fetch(url, { headers, signal: abort.signal });
      if (!response.ok) throw new Error(String(response.status));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ''; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        alive = Date.now();
        wait = 500;
        text = takeFrames(text + value);
      }
    } catch { /* the loop reconnects */ }
    clearInterval(watchdog);
    connection(`↻ Reconnecting in ${Math.ceil(wait / 1000)} s`);
    await new Promise((resolve) => setTimeout(resolve, wait * (0.7 + Math.random() * 0.6)));
  }
}

function takeFrames(text) {
  for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
    let type = 'message';
    let data = '';
    for (const line of text.slice(0, end).split('\n')) {
      if (line.startsWith('id: ')) lastId = line.slice(4);
      else if (line.startsWith('event: ')) type = line.slice(7);
      else if (line.startsWith('data: ')) data = line.slice(6);
    }
    if (data) onFrame(type, JSON.parse(data));
    text = text.slice(end + 2);
  }
  return text;
}

element('pause').onclick = () => {
  paused = !paused;
  element('pause').setAttribute('aria-pressed', String(paused));
  element('pause').textContent = paused ? 'Resume' : 'Pause';
  connection(paused ? '⏸ Paused' : '● Live');
};

function draw() {
  if (!paused) {
    if (dirty.sessions) drawSessions();
    if (dirty.ticker) drawTicker();
    if (dirty.timeline || spans.some((span) => !span.end)) drawTimeline();
    dirty = { sessions: false, ticker: false, timeline: false };
  }
  setTimeout(() => requestAnimationFrame(draw), 120);
}

let counted = 0;
setInterval(() => {
  element('tile-rate').textContent = compact.format(eventsSeen - counted);
  counted = eventsSeen;
}, 1000);

draw();
fetchSpans();
follow();
