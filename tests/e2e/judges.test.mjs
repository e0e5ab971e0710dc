// Goal: evaluations that a model judges, as people run them: `ark eval run -f` against a controller, a scripted model as the judge,
// the result on the resource, in the exit code and among the broker's evaluations.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { arkBinary, ArkProcess, Broker } from './harness.mjs';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'ark-judges-'));
let broker;
let mock;
let controller;

/** A judge that likes what speaks of 14:05, and a clerk who knows the tide. */
const script = `
rules:
  - when: {system: 'You judge how well', user: '14:05'}
    reply: |-
      SCORE: 0.9
      PASSED: true
      REASONING: It names the time.
      CRITERIA_SCORES: relevance=1, accuracy=0.8
  - when: {system: 'You judge how well', user: 'speechless'}
    reply: I would rather not say.
  - when: {system: 'You judge how well'}
    reply: |-
      SCORE: 20
      REASONING: It says nothing.
  - when: {user: 'tide'}
    reply: 'High tide: 14:05.'
  - reply: I do not know.
`;

function file(name, text) {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function evaluation(name, spec) {
  const document = { apiVersion: 'ark.mckinsey.com/v1alpha1', kind: 'Evaluation', metadata: { name }, spec };
  return file(`${name}.json`, JSON.stringify(document));
}

async function ark(...words) {
  const env = { ...process.env, ARK_SERVER: `http://${broker.http}`, ARK_CONTROLLER: `http://${controller.http}`, NO_COLOR: '1' };
  try {
    const { stdout, stderr } = await run(arkBinary, words, { env });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    return { code: error.code, out: error.stdout, err: error.stderr };
  }
}

const evalRun = async (...words) => {
  const result = await ark('eval', 'run', ...words, '-o', 'json');
  return { code: result.code, result: JSON.parse(result.out || 'null'), err: result.err };
};

async function until(condition) {
  for (let tries = 0; tries < 100; ++tries) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('it did not come to that');
}

before(async () => {
  broker = await Broker.start();
  mock = await ArkProcess.start(['mock-llm', '--script', file('script.yaml', script), '--listen', '127.0.0.1:0']);
  controller = await ArkProcess.start([
    'controller', '--listen', '127.0.0.1:0', '--data', join(directory, 'data'), '--broker', `http://${broker.http}`, '--log-level', 'warn',
  ]);
  const model = {
    apiVersion: 'ark.mckinsey.com/v1alpha1',
    kind: 'Model',
    metadata: { name: 'default' },
    spec: {
      provider: 'openai',
      model: { value: 'mock' },
      config: { openai: { baseUrl: { value: `http://${mock.http}/v1` }, apiKey: { value: 'k' } } },
    },
  };
  const applied = await ark('apply', '-f', file('model.json', JSON.stringify(model)));
  assert.equal(applied.code, 0, applied.err);
});
after(async () => {
  for (const each of [controller, mock, broker]) await each?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a pair of texts is judged by the model', async () => {
  const good = evaluation('good', { config: { input: 'When is high tide?', output: 'At 14:05.' } });
  const shown = await ark('eval', 'run', '-f', good);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /^✓ good {2}score 0\.900 of 0\.7 needed\n {4}It names the time\.\n$/);
  const { code, result } = await evalRun('-f', good);
  assert.equal(code, 0);
  assert.equal(result.score, '0.900');
  assert.equal(result.passed, true);
  assert.equal(result.metadata.criteria_accuracy, '0.800');
  assert.ok(result.tokenUsage.totalTokens > 0);

  const bad = evaluation('bad', { config: { input: 'When is high tide?', output: 'Hm.' } });
  const junit = join(directory, 'results.xml');
  const failed = await ark('eval', 'run', '-f', bad, '--junit', junit);
  assert.equal(failed.code, 2);
  assert.match(failed.out, /✕ bad {2}score 0\.200/);
  const none = await evalRun('-f', evaluation('none', { config: { input: 'speechless', output: '?' } }));
  assert.equal(none.code, 2);
  assert.match(none.result.error.message, /gave no SCORE/);
});

test('what it came to is on the resource, and among the evaluations of the broker', async () => {
  const { result } = await evalRun('-f', evaluation('kept', { config: { input: 'high tide?', output: '14:05' } }));
  const resource = JSON.parse((await ark('get', 'evaluation', result.name, '-o', 'json')).out);
  assert.equal(resource.status.phase, 'done');
  assert.equal(resource.status.score, '0.900');
  assert.equal(resource.metadata.annotations['evaluation.metadata/reasoning'], 'It names the time.');
  const row = await until(async () => {
    const page = await broker.get(`/v1/evaluations?name=${result.name}`);
    return page.items.find((each) => each.state === 'done');
  });
  assert.equal(row.evaluator, 'controller');
  assert.equal(row.score, '0.900');
  const whole = await broker.get(`/v1/evaluations/${row.id}`);
  assert.equal(whole.metadata.reasoning, 'It names the time.');
  const spans = await until(async () => {
    const page = await broker.get(`/v1/spans?limit=50&filter=${encodeURIComponent(`name == "evaluation.${result.name}"`)}`);
    return page.items.length > 0 && page.items;
  });
  const trace = await broker.get(`/v1/spans?trace=${spans[0].traceId ?? spans[0].trace}`);
  assert.deepEqual(trace.items.map((span) => span.name).sort(), [`evaluation.${result.name}`, 'llm.mock']);
  const refused = await fetch(broker.url(`/v1/evaluations/${row.id}`), { method: 'DELETE' });
  assert.equal(refused.status, 409);
});

test('a query, its events, a baseline and a batch of them', async () => {
  const asked = await ark('query', 'run', 'model/default', 'When is high tide?', '-o', 'json');
  assert.equal(asked.code, 0, asked.err);
  const query = JSON.parse(asked.out).metadata?.name ?? JSON.parse((await ark('get', 'queries', '-o', 'json')).out).items[0].metadata.name;

  const judged = await evalRun('-f', evaluation('answer', { type: 'query', config: { queryRef: { name: 'another' } } }), '--query', query);
  assert.equal(judged.code, 0, judged.err);
  assert.equal(judged.result.score, '0.900');

  const golden = JSON.stringify([
    { input: 'When is high tide?', expectedOutput: '14:05', category: 'tides' },
    { input: 'What is love?', expectedOutput: 'a word', category: 'words' },
  ]);
  const baseline = await evalRun('-f', evaluation('golden', {
    type: 'baseline',
    config: {},
    evaluator: { parameters: [{ name: 'golden-examples', value: golden }, { name: 'min-score', value: '0.5' }] },
  }));
  assert.equal(baseline.code, 0, baseline.err);
  assert.equal(baseline.result.score, '0.550');
  assert.equal(baseline.result.metadata.category_tides, '0.900');

  const rules = [{ name: 'answered', expression: 'query.was_resolved()' }, { name: 'one-call', expression: 'llm.get_call_count() == 1' }];
  const batch = await evalRun('-f', evaluation('all', {
    type: 'batch',
    config: {
      concurrency: 2,
      items: [
        { name: 'events', type: 'event', config: { queryRef: { name: query }, rules } },
        { name: 'judged', type: 'query', config: { queryRef: { name: query } } },
        { name: 'texts', config: { input: 'high tide?', output: '14:05' } },
      ],
    },
  }));
  assert.equal(batch.code, 0, JSON.stringify(batch));
  assert.equal(batch.result.batchProgress.completed, 3);
  assert.equal(batch.result.score, '0.933');
  assert.deepEqual(batch.result.batchProgress.childEvaluations.map((each) => each.score), ['1.000', '0.900', '0.900']);
});

test('an Evaluation of rules that is applied is evaluated by the broker', async () => {
  const query = JSON.parse((await ark('get', 'queries', '-o', 'json')).out).items[0].metadata.name;
  const rules = [{ name: 'tool', expression: 'tool.was_called("search")' }, { name: 'answered', expression: 'query.was_resolved()' }];
  const applied = await ark('apply', '-f', evaluation('rules', { type: 'event', config: { queryRef: { name: query }, rules } }));
  assert.equal(applied.code, 0, applied.err);
  const status = await until(async () => {
    const resource = JSON.parse((await ark('get', 'evaluation', 'rules', '-o', 'json')).out);
    return resource.status?.phase === 'done' && resource.status;
  });
  assert.equal(status.score, '0.500');
  assert.equal(status.passed, false);
  assert.equal(status.rules[0].name, 'tool');
  assert.equal(status.rules[0].passed, false);
});

test('killed in the middle, the next controller goes on', async () => {
  const slow = file('slow.yaml', script.replaceAll('\nrules:', '\npace: {first: 400ms}\nrules:'));
  const slowMock = await ArkProcess.start(['mock-llm', '--script', slow, '--listen', '127.0.0.1:0']);
  try {
    const model = JSON.parse((await ark('get', 'model', 'default', '-o', 'json')).out);
    model.metadata = { name: 'slow' };
    delete model.status;
    model.spec.config.openai.baseUrl.value = `http://${slowMock.http}/v1`;
    assert.equal((await ark('apply', '-f', file('slow.json', JSON.stringify(model)))).code, 0);
    const golden = JSON.stringify([1, 2, 3].map((n) => ({ input: `tide ${n}?`, expectedOutput: '14:05' })));
    const parameters = [{ name: 'golden-examples', value: golden }, { name: 'model.name', value: 'slow' }];
    const spec = { type: 'baseline', config: { concurrency: 1 }, evaluator: { parameters } };
    assert.equal((await ark('apply', '-f', evaluation('long', spec))).code, 0);
    await new Promise((resolve) => setTimeout(resolve, 900));
    await controller.end('SIGKILL');
    controller = await ArkProcess.start(controller.args);
    const status = await until(async () => {
      const { out } = await ark('get', 'evaluation', 'long', '-o', 'json');
      const now = JSON.parse(out).status;
      return now?.phase === 'done' && now;
    });
    assert.equal(status.score, '0.900');
    assert.equal(status.metadata.total_examples, '3');
  } finally {
    await slowMock.stop();
  }
});

test('mistakes are said', async () => {
  const document = evaluation('later', { config: { input: 'i', output: 'o' } });
  const nobody = await ark('eval', 'run', '-f', document, '--controller', 'http://127.0.0.1:9');
  assert.equal(nobody.code, 5);
  assert.match(nobody.err, /no controller answers at .*\n.*ark controller/);
  const offline = await ark('eval', 'run', '-f', document, '--events', file('none.json', '[]'));
  assert.equal(offline.code, 1);
  assert.match(offline.err, /leave out --events/);
  const unknown = await ark('eval', 'run', '-f', evaluation('who', { config: { input: 'i', output: 'o' }, evaluator: { name: 'nobody' } }));
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.err, /spec\.evaluator\.name/);
});
