// What a run does beside asking models: conversations that go on, answers that are watched as they are written, and a broker
// that speaks only the reference's API. Controller, broker and scripted model are real processes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ArkProcess, Broker } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ark-run-services-'));
const processes = [];
const start = async (args) => {
  const process = await ArkProcess.start(args);
  processes.push(process);
  return process;
};

const script = `
rules:
  - {when: {user: again, tool_results: none}, reply: "You asked before."}
  - {when: {user: count}, reply: "one two three four five six", pace: {piece: 20ms, words: 1}}
  - {when: {user: look, tool_results: none}, reply: {calls: [{name: weather, arguments: {days: 2}}]}}
  - {when: {tool_results: any}, reply: "The tool said {{tool}}"}
  - {reply: "Hello."}
`;

class Controller {
  static async start(model, broker, ...more) {
    const controller = new Controller();
    controller.data = mkdtempSync(join(folder, 'controller-'));
    const args = ['--listen', '127.0.0.1:0', '--data', controller.data, '--broker', broker.url(''), '--log-level', 'warn'];
    controller.args = ['controller', ...args, ...more];
    controller.process = await start(controller.args);
    await controller.create('models', { metadata: { name: 'default' }, spec: { provider: 'openai', model: { value: 'mock' },
      config: { openai: { baseUrl: { value: `http://${model.http}/v1` }, apiKey: { value: 'k' } } } } });
    await controller.create('agents', { metadata: { name: 'clerk' }, spec: { prompt: 'You are a clerk.' } });
    return controller;
  }
  async ask(path, options) {
    const response = await fetch(`http://${this.process.http}${path}`, options);
    const json = await response.json();
    assert.ok(response.ok, JSON.stringify(json));
    return json;
  }
  path = (plural) => `/apis/ark.mckinsey.com/v1alpha1/namespaces/lab/${plural}`;
  create = (plural, body, path = this.path(plural)) =>
    this.ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  async run(name, spec, annotations = {}) {
    await this.submit(name, spec, annotations);
    return this.wait(name);
  }
  submit = (name, spec, annotations = {}) =>
    this.create('queries', { metadata: { name, annotations }, spec: { target: { type: 'agent', name: 'clerk' }, ...spec } });
  async wait(name) {
    for (let i = 0; i < 1000; ++i) {
      const query = await this.ask(`${this.path('queries')}/${name}`);
      if (['done', 'error', 'canceled'].includes(query.status?.phase)) return query;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${name} does not end`);
  }
}

async function eventually(check) {
  for (let i = 0; ; ++i) {
    try {
      return await check();
    } catch (error) {
      if (i === 250) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

let model;
let broker;
before(async () => {
  writeFileSync(join(folder, 'script.yaml'), script);
  model = await start(['mock-llm', '--script', join(folder, 'script.yaml'), '--listen', '127.0.0.1:0']);
  broker = await Broker.start();
});
after(async () => {
  for (const process of processes.reverse()) await process.stop();
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const api of ['ark', 'reference']) {
  describe(`with a broker that is spoken to as ${api}`, () => {
    let controller;
    before(async () => {
      controller = await Controller.start(model, broker, '--broker-api', api);
    });

    test('a conversation goes on', async () => {
      const conversationId = `c-${api}`;
      await controller.run(`first-${api}`, { input: 'hello', conversationId });
      const second = await controller.run(`second-${api}`, { input: 'and again', conversationId });
      assert.equal(second.status.conversationId, conversationId);
      assert.equal(second.status.conditions.find((one) => one.type === 'MemoryUnavailable').status, 'False');
      const { messages } = await broker.get(`/conversations/${conversationId}`);
      assert.deepEqual(messages.map((one) => one.message.content), ['hello', 'Hello.', 'and again', 'You asked before.']);
      assert.deepEqual([...new Set(messages.map((one) => one.query_id))], [`first-${api}`, `second-${api}`]);
    });

    test('a Memory resource begins conversations', async () => {
      await controller.create('memories', { metadata: { name: 'kept' }, spec: { address: { value: broker.url('') } } });
      const query = await controller.run(`begins-${api}`, { input: 'hello', memory: { name: 'kept' } });
      const { messages } = await broker.get(`/conversations/${query.status.conversationId}`);
      assert.equal(messages.length, 2);
    });

    test('whoever watches sees the answer as it is written', async () => {
      const name = `watched-${api}`;
      const watching = fetch(broker.url(`/stream/${name}?wait-for-query=30`));
      const query = await controller.run(name, { input: 'count', sessionId: 's-9' }, { 'ark.mckinsey.com/streaming-enabled': 'true' });
      const text = await (await watching).text();
      const chunks = text.split('\n').filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)));
      const said = chunks.map((chunk) => chunk.choices[0].delta.content ?? '');
      assert.equal(said.join(''), 'one two three four five six');
      assert.ok(said.filter((piece) => piece).length >= 6, 'piece by piece');
      assert.ok(chunks.every((chunk) => chunk.ark.query === query.metadata.uid && chunk.ark.session === 's-9'));
      assert.equal(chunks.at(-1).ark.completedQuery.status.phase, 'done');
      assert.match(text, /\[DONE\]/);
    });

    test('every step is told', async () => {
      const query = await controller.run(`told-${api}`, { input: 'hello', sessionId: `s-${api}`, conversationId: `t-${api}` });
      const events = await eventually(async () => {
        const { items } = await broker.get(`/events/${query.metadata.uid}`);
        assert.equal(items.at(-1)?.reason, 'QueryExecutionComplete');
        return items;
      });
      for (const event of events) {
        assert.equal(event.data.sessionId, `s-${api}`, event.reason);
        assert.equal(event.data.queryName, `told-${api}`, event.reason);
      }
      if (api === 'reference') {
        assert.ok(events.some((event) => event.reason === 'MemoryAddMessagesComplete'));
        assert.ok(events.every((event) => Object.values(event.data).every((value) => typeof value === 'string')));
      }
      const { session } = await eventually(async () => {
        const session = await broker.get(`/sessions/s-${api}`);
        assert.equal(session.queries[`told-${api}`].phase, 'done');
        return { session };
      });
      assert.equal(session.status, 'idle');
      await eventually(async () => {
        const traces = await broker.get(`/traces?session_id=s-${api}`);
        assert.ok(traces.items[0].spans.some((span) => span.name === 'agent.lab/clerk'));
      });
    });
  });
}

test('a tool is called with what is decided, and its answer is filtered', async () => {
  const controller = await Controller.start(model, broker);
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    response.setHeader('content-type', 'application/json').end('{"days":[{"sky":"clear"},{"sky":"rain"}],"noise":"…"}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await controller.create('tools', { metadata: { name: 'weather-api' }, spec: { type: 'http', description: 'Weather',
      http: { url: `http://127.0.0.1:${server.address().port}/{city}/{days}` },
      inputSchema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'] } } });
    await controller.create('agents', { metadata: { name: 'sailor' }, spec: { prompt: 'You sail.', tools: [{ type: 'http', name: 'weather',
      partial: { name: 'weather-api', parameters: [{ name: 'city', value: '{{.Query.port}}' }] },
      functions: [{ name: 'jq', value: '[.days[].sky]' }] }] } });
    const query = await controller.run('sails', { input: 'look at {{.port}}', parameters: [{ name: 'port', value: 'Dover' }],
      target: { type: 'agent', name: 'sailor' } });
    assert.equal(query.status.phase, 'done', JSON.stringify(query.status));
    assert.equal(query.status.response.content, 'The tool said ["clear","rain"]');
    assert.equal(seen[0].url, '/Dover/2');
    assert.match(seen[0].headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  } finally {
    server.close();
  }
});

test('killed at any moment, a run stores its conversation once', async () => {
  const controller = await Controller.start(model, broker);
  const conversationId = 'c-killed';
  for (let i = 0; i < 6; ++i) {
    await controller.submit(`killed-${i}`, { input: `count ${i}`, conversationId });
    await new Promise((resolve) => setTimeout(resolve, 20 + 30 * i));
    await controller.process.end('SIGKILL');
    controller.process = await start(controller.args);
    assert.equal((await controller.wait(`killed-${i}`)).status.phase, 'done');
    const { messages } = await broker.get(`/conversations/${conversationId}`);
    assert.equal(messages.length, 2 * (i + 1), `after a death ${20 + 30 * i} ms into the run`);
  }
});

test('an external OTLP endpoint gets the same, each signal with its own credentials, and the broker none of them', async () => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, authorization: request.headers.authorization, encoding: request.headers['content-encoding'] });
    request.resume().on('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: `${base}/external`, OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'Authorization=Basic%20abc',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'gzip' };
  Object.assign(process.env, variables);
  try {
    const controller = await Controller.start(model, { url: () => `${base}/broker` });
    await controller.run('external', { input: 'hello' });
    await eventually(() => {
      for (const path of ['/broker/v1/traces', '/broker/v1/logs', '/external/v1/traces', '/external/v1/logs'])
        assert.ok(seen.some((request) => request.url === path), path);
    });
    for (const request of seen) {
      assert.equal(request.authorization, request.url === '/external/v1/traces' ? 'Basic abc' : undefined, request.url);
      assert.equal(request.encoding, request.url === '/external/v1/logs' ? 'gzip' : undefined, request.url);
    }
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    server.close();
    server.closeAllConnections();
  }
});
