// Goal: evaluations as people use them: `ark eval run` over a broker and over a file agrees, exit codes say how it went, JUnit is
// written, a live evaluation changes while events arrive, and kill -9 loses no result.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { arkBinary, Broker } from './harness.mjs';

const directory = mkdtempSync(join(tmpdir(), 'ark-eval-'));
const day = '2026-03-01T12:00';
let broker;

/** Events of one query in the shape of POST /events. */
function events(query, session, list) {
  return list.map(([second, reason, data]) => ({
    timestamp: `${day}:${String(second).padStart(2, '0')}Z`,
    eventType: reason.endsWith('Error') ? 'Warning' : 'Normal',
    reason,
    message: '',
    data: { queryId: `${query}-id`, queryName: query, sessionId: session, ...data },
  }));
}

const search = { toolName: 'search', toolId: 't-1', agentName: 'researcher' };
const finished = events('q1', 's1', [
  [0, 'ResolveStart', {}],
  [1, 'AgentExecutionStart', { agentName: 'researcher', agentId: 'a-1' }],
  [2, 'ToolCallStart', { ...search, parameters: { city: 'Oslo' } }],
  [3, 'ToolCallComplete', { ...search, duration: 1.0, success: true }],
  [4, 'AgentExecutionComplete', { agentName: 'researcher', agentId: 'a-1', duration: 3.0 }],
  [5, 'ResolveComplete', { duration: 5.0 }],
]);

/** One request an event: that is the contract of /events. */
async function post(list) {
  for (const event of list) {
    const response = await fetch(broker.url('/events'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    assert.equal(response.status, 201);
  }
}

function start(args) {
  const child = spawn(arkBinary, ['eval', ...args], { env: { ...process.env, ARK_SERVER: `http://${broker.http}` } });
  const result = { output: '', errors: '' };
  child.stdout.on('data', (bytes) => (result.output += bytes));
  child.stderr.on('data', (bytes) => (result.errors += bytes));
  result.code = new Promise((resolve) => child.on('close', resolve));
  return result;
}

async function run(...args) {
  const result = start(args);
  result.code = await result.code;
  return result;
}

async function until(condition) {
  for (let wait = 0; wait < 200; ++wait) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('it never came');
}

function checks(name, rules) {
  const path = join(directory, `${name}.yaml`);
  const lines = rules.map(([rule, expression, weight]) => `    - {name: ${rule}, expression: "${expression}", weight: ${weight}}`);
  const head = ['kind: Evaluation', `metadata: {name: ${name}}`, 'spec:', '  type: event', '  config:', '    rules:'];
  writeFileSync(path, [...head, ...lines, ''].join('\n'));
  return path;
}

before(async () => {
  broker = await Broker.start();
  await post(finished);
  // Lists of /v1 show what is folded, which comes a moment after the answer to a post.
  await until(async () => (await broker.get('/v1/events?query=q1')).items.length === finished.length);
});
after(async () => {
  await broker.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a broker and a file of its events agree, and the exit code tells', async () => {
  const file = join(directory, 'events.ndjson');
  const { items } = await broker.get('/v1/events?query=q1&order=asc&view=full');
  writeFileSync(file, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  const cases = [
    ["events.exists(e, e.reason == 'ToolCallComplete')", true, 0],
    ['tool.was_called()', true, 0],
    ["events.filter(e, e.reason == 'AgentExecutionStart').size() >= 2", false, 2],
    ['agent.get_execution_count() >= 2', false, 2],
    ['tools.get_call_count("search")', 1, 0],
    ['query.get_execution_time()', 5, 0],
    ["tools.parameter_contains('search', 'city', 'oslo')", true, 0],
    ['events[0].metadata.nope == null', 'no_such_key', 2],
    ['tool.was_caled()', 'unknown_function', 1],
  ];
  for (const [expression, expected, code] of cases) {
    for (const where of [['--events', file], []]) {
      const result = await run('run', '--query', 'q1', '--expr', expression, '-o', 'json', ...where);
      const answer = JSON.parse(result.output);
      assert.deepEqual(answer.error?.code ?? answer.value, expected, expression);
      assert.equal(result.code, code, expression);
    }
  }
  const filtered = await run('run', '--filter', 'tool == "search"', '--expr', 'events.size()', '-o', 'json');
  assert.equal(JSON.parse(filtered.output).value, 2);
  assert.equal((await run('run', '--filter', 'tool ==', '--expr', 'true')).code, 1);
  assert.equal((await run('run', '--query', 'unheard-of', '--expr', 'true')).code, 4);
});

test('an evaluation is scored, explained, written as JUnit and recorded', async () => {
  const path = checks('quality', [['called', "tool.was_called('search')", 1], ['fast', 'query.get_execution_time() < 1.0', 3]]);
  const junit = join(directory, 'results.xml');
  const result = await run('run', '-f', path, '--query', 'q1', '--junit', junit, '--explain');
  assert.equal(result.code, 2);
  assert.match(result.output, /score 0\.250 of 0\.7 needed, 1 of 2 rules/);
  assert.match(result.output, /query\.get_execution_time\(\) {2}5/);
  assert.match(readFileSync(junit, 'utf8'), /<testsuite name="quality" tests="2" failures="1"/);

  const { items } = await broker.get('/v1/evaluations?name=quality');
  assert.equal(items.length, 1);
  const whole = await broker.get(`/v1/evaluations/${items[0].id}`);
  assert.deepEqual(whole.rules.map((rule) => rule.passed), [true, false]);
  assert.equal(whole.rules[0].evidence.length, 2);
  assert.equal(whole.events.count, finished.length);
  const recorded = await broker.get('/v1/events?reason=EvaluationComplete&view=full');
  assert.equal(recorded.items[0].attributes.evaluationId, items[0].id);
  // Judging a query is no part of it.
  assert.equal((await broker.get('/v1/queries/q1')).durationMs, 5000);

  assert.equal((await run('run', '-f', path, '--query', 'q1', '--dry-run', '-q')).code, 2);
  assert.equal((await broker.get('/v1/evaluations')).items.length, 1);
  assert.equal((await run('check', '-f', path)).code, 0);
});

test('kill -9 keeps results', async () => {
  const earlier = (await broker.get('/v1/evaluations')).items;
  const path = checks('kept', [['called', 'tool.was_called()', 1]]);
  assert.equal((await run('run', '-f', path, '--query', 'q1')).code, 0);
  const before = (await broker.get('/v1/evaluations')).items;
  assert.equal(before.length, earlier.length + 1);
  await broker.end('SIGKILL');
  await broker.launch();
  await until(async () => (await broker.get('/v1/evaluations')).items.length === before.length);
  assert.deepEqual((await broker.get('/v1/evaluations')).items, before);
  assert.equal((await broker.get(`/v1/evaluations/${before[0].id}`)).rules[0].passed, true);
});

const watched = (name) => checks(name, [['called', 'tool.was_called()', 1]]);

test('a live evaluation changes while events arrive and ends with its query', async () => {
  const live = (list) => events('q-live', 's-live', list);
  await post(live([[0, 'ResolveStart', {}]]));
  const follow = start(['run', '-f', watched('watching'), '--query', 'q-live', '--follow', '-o', 'ndjson']);
  const results = () => follow.output.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  await until(() => results().length === 1);
  assert.equal(results()[0].passed, false);
  assert.equal(results()[0].state, 'running');
  await post(live([[1, 'ToolCallStart', search]]));
  await until(() => results().some((result) => result.passed));
  await post(live([[2, 'ToolCallComplete', search], [3, 'ResolveComplete', {}]]));
  assert.equal(await follow.code, 0);
  assert.deepEqual(results().map((result) => result.passed), [false, true, true]);
  assert.equal(results().at(-1).state, 'done');
});

test('a live evaluation goes on after kill -9', async () => {
  const evaluation = { type: 'event', name: 'survivor', rules: [{ name: 'called', expression: 'tool.was_called()' }] };
  const response = await fetch(broker.url('/v1/evaluations'), {
    method: 'POST',
    body: JSON.stringify({ evaluation, query: 'q-late', live: true }),
  });
  assert.equal(response.status, 202);
  const { id } = await response.json();
  const row = () => broker.get(`/v1/evaluations/${id}`);
  await until(async () => (await row()).passed === false);
  await broker.end('SIGKILL');
  await broker.launch();
  await until(async () => (await fetch(broker.url(`/v1/evaluations/${id}`))).status === 200);
  assert.equal((await row()).state, 'running');
  await post(events('q-late', 's-late', [[0, 'ResolveStart', {}], [1, 'ToolCallStart', search]]));
  await until(async () => (await row()).passed === true);
  await post(events('q-late', 's-late', [[2, 'ToolCallComplete', search], [3, 'ResolveComplete', {}]]));
  await until(async () => (await row()).state === 'done');
});

test('a live evaluation is canceled, for good', async () => {
  await post(events('q-unwanted', 's-unwanted', [[0, 'ResolveStart', {}]]));
  const follow = start(['run', '-f', watched('unwanted'), '--query', 'q-unwanted', '--follow', '-o', 'ndjson']);
  await until(() => follow.output.includes('"running"'));
  const { id } = (await broker.get('/v1/evaluations?name=unwanted')).items[0];
  assert.equal((await run('cancel', id)).code, 0);
  assert.equal(await follow.code, 2);
  assert.match(follow.errors, /the evaluation was canceled/);
  assert.equal((await broker.get(`/v1/evaluations/${id}`)).state, 'canceled');
  const canceled = () => broker.get('/v1/events?reason=EvaluationCanceled');
  assert.equal((await canceled()).items.length, 1);
  // Again changes nothing, and neither does what happens to the query.
  assert.equal((await run('cancel', id)).code, 0);
  await post(events('q-unwanted', 's-unwanted', [[1, 'ToolCallStart', search], [2, 'ResolveComplete', {}]]));
  await broker.end('SIGKILL');
  await broker.launch();
  await until(async () => (await fetch(broker.url(`/v1/evaluations/${id}`))).status === 200);
  assert.equal((await broker.get(`/v1/evaluations/${id}`)).state, 'canceled');
  assert.equal((await canceled()).items.length, 1);
  assert.deepEqual((await broker.get('/v1/evaluations?state=canceled')).items.map((row) => row.id), [id]);

  const done = (await broker.get('/v1/evaluations?state=done')).items[0];
  assert.equal((await run('cancel', done.id)).code, 7);
  assert.equal((await run('cancel', 'ev-nobody')).code, 4);
});

test('what a model would have to judge is answered as not implemented', async () => {
  const response = await fetch(broker.url('/v1/evaluations'), { method: 'POST', body: '{"evaluation": {"type": "direct"}}' });
  assert.equal(response.status, 501);
  assert.match((await response.json()).detail, /type direct .* controller/);
});

test('who waits for the end of a query does not hold up a broker that ends', { timeout: 30_000 }, async () => {
  const other = await Broker.start();
  const body = JSON.stringify({ query: 'never', wait: '10m', expression: 'true' });
  const answer = fetch(other.url('/v1/evaluations'), { method: 'POST', body });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await other.stop();
  assert.equal((await answer).status, 503);
});
