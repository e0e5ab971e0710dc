// What is running right now. One stream of sessions and events; the chosen session's spans are fetched when it changes.
// Text that agents wrote only ever becomes textContent.

const sessionsShown = 60;
const tickerShown = 120;
const icons = { query: '◇', agent: '●', team: '◆', llm: '✦', tool: '▣', memory: '▤', a2a: '⇄', evaluation: '✓', other: '·' };
// Names of spans say what they are; the sign before them says it already.
const spanPrefix = /^(query\.|(agent|team)\.[^/]*\/|(agent|llm|tool|team)\.)/;
const stateIcons = { active: '◐', waiting: '?', idle: '✓', error: '✕', interrupted: '⚠' };

const element = (id) => document.getElementById(id);
const sessions = new Map();
let chosen = new URLSearchParams(location.search).get('session');
let following = !chosen; // until somebody chooses: whichever session is at work
let spans = [];
let queries = [];
let events = [];
let eventsSeen = 0;
let lastId = null;
let paused = false;
let dirty = { sessions: true, ticker: true, timeline: true, talk: true };
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

const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

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
    facts.append(` · ${many(row.spans, 'span', 'spans')} · ${compact.format(tokensOf(row))} tokens`);
    if (row.errors) facts.append(node('span', 'failed', ` · ${many(row.errors, 'error', 'errors')}`));
    item.append(title, facts);
    const pick = () => {
      following = false;
      choose(row.id);
    };
    item.onclick = pick;
    item.onkeydown = (key) => { if (key.key === 'Enter') pick(); };
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
    if (event.failed || event.phase === 'error') what.classList.add('failed');
    else if (event.level === 'Warning' || /Asked$/.test(event.reason)) what.classList.add('state-waiting');
    item.append(what, node('span', 'took', duration(event.durationMs)));
    return item;
  });
  element('ticker').replaceChildren(...list);
}

/** Steps between a query or a turn and its agent that tell a person nothing; what they hold stands where they would. */
function told(list) {
  const silent = /^(target|member)\.|^(TargetExecution|TeamMember)$/;
  const hidden = new Map(list.filter((span) => silent.test(span.name)).map((span) => [span.spanId, span.parentSpanId]));
  const parentOf = (id) => (hidden.has(id) ? parentOf(hidden.get(id)) : id);
  const shown = list.filter((span) => !hidden.has(span.spanId));
  return shown.map((span) => ({ ...span, parentSpanId: parentOf(span.parentSpanId) }));
}

function nameOf(span) {
  // A step that still runs has its event's name.
  if (/^((Query|Agent|Team)Execution|(LLM|Tool|A2A)Call)$/.test(span.name)) return span.subject ?? span.name;
  if (span.name === 'TeamTurn') return 'turn';
  const turn = /^turn\.(\d+)$/.exec(span.name);
  return turn ? `turn ${turn[1]}` : span.name.replace(spanPrefix, '') || span.name;
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
    ? [row.id, row.status, many(row.queries, 'query', 'queries'), many(row.spans, 'span', 'spans'),
      row.errors ? many(row.errors, 'error', 'errors') : '', `${compact.format(tokensOf(row))} tokens`].filter(Boolean).join(' · ')
    : '';
  if (spans.length === 0) return element('timeline').replaceChildren();
  const from = Math.min(...spans.map((span) => Date.parse(span.start)));
  const until = Math.max(...spans.map((span) => (span.end ? Date.parse(span.end) : Date.now())));
  const width = Math.max(1, until - from);
  const rows = ordered(told(spans)).map(({ span, depth }) => {
    const kind = span.component ?? 'other';
    const line = node('div', `row kind-${kind}`);
    line.setAttribute('role', 'row');
    const took = span.end ? duration(span.durationMs) : span.status;
    const failed = span.status === 'error' ? ' failed' : '';
    const label = node('div', `label${failed}`, `${'  '.repeat(depth)}${icons[kind] ?? '·'} ${nameOf(span)}`);
    label.title = `${span.name} · ${took}`;
    label.setAttribute('role', 'cell');
    const track = node('div', `track${failed}`);
    track.setAttribute('role', 'cell');
    track.setAttribute('aria-label', took);
    track.append(bar(span, from, width));
    line.append(label, track, node('div', `took${failed}`, took));
    return line;
  });
  element('timeline').replaceChildren(axis(width), ...rows);
}

/** Five marks of time above the bars. */
function axis(width) {
  const line = node('div', 'row axis');
  const track = node('div', 'track');
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const mark = node('span', '', part === 0 ? '0' : duration(part * width));
    mark.style.left = `${part * 100}%`;
    track.append(mark);
  }
  line.append(node('div'), track, node('div'));
  line.setAttribute('aria-hidden', 'true');
  return line;
}

/** What was asked, and what came of it, in the order of asking. */
function drawTalk() {
  const rows = queries.map((query) => {
    const item = node('li');
    item.append(node('p', 'asked', query.input || query.name || query.id));
    const total = query.usage?.total;
    const tokens = (total?.inputTokens ?? 0) + (total?.outputTokens ?? 0);
    const who = [...(query.teams ?? []), ...(query.agents ?? [])].map((each) => each.name).join(', ');
    const facts = [query.status, who, duration(query.durationMs), tokens ? `${compact.format(tokens)} tokens` : '', query.name];
    item.append(node('p', `facts${query.status === 'error' ? ' failed' : ''}`, facts.filter(Boolean).join(' · ')));
    if (query.status === 'waiting') {
      item.append(node('p', 'waits', `? waits for a person: ark approve ${query.name} or ark reject ${query.name}`));
    } else if (query.output) item.append(node('p', `answer${query.status === 'error' ? ' failed' : ''}`, query.output));
    return item;
  });
  element('talk').replaceChildren(...rows);
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
  const page = await (await fetch(`/v1/queries?session=${encodeURIComponent(id)}&limit=50`)).json().catch(() => null);
  if (!page?.items || id !== chosen) return;
  queries = page.items.sort((a, b) => (a.start < b.start ? -1 : 1));
  dirty.talk = true;
}

/** While nobody has chosen, shows whoever is at work: the next one when this one has come to rest. */
function followOn(row) {
  if (!following || row.id === chosen || row.status !== 'active') return;
  const now = sessions.get(chosen);
  const rested = !now || (now.status !== 'active' && Date.now() - Date.parse(now.lastActivity) > 2500);
  if (rested) choose(row.id);
}

function choose(id) {
  chosen = id;
  spans = [];
  queries = [];
  if (!following) history.replaceState(null, '', `?session=${encodeURIComponent(id)}`);
  dirty.sessions = dirty.timeline = dirty.talk = true;
  fetchSpans();
}

function onFrame(type, data) {
  if (type === 'session') {
    sessions.set(data.id, data);
    dirty.sessions = true;
    followOn(data);
    if (!chosen) choose(data.id);
    if (data.id === chosen && !refetch) refetch = setTimeout(fetchSpans, 250);
  } else if (type === 'event') {
    ++eventsSeen;
    if (/^(TargetExecution|TeamMember)/.test(data.reason)) return; // told by the steps around them
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
    if (dirty.talk) drawTalk();
    dirty = { sessions: false, ticker: false, timeline: false, talk: false };
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
