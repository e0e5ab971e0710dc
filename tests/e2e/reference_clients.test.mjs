// The reference's own clients, replayed: what its controller, completions engine, Python SDK, ark-api and dashboard send, in
// their order and with their headers, and what they need to get back.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { Broker } from './harness.mjs';
import { Api, exportOf, openPost } from './reference.mjs';

let broker;
let api;
before(async () => {
  broker = await Broker.start();
  api = new Api(broker);
});
after(() => broker.stop());

/** A request as Go's net/http writes it: its own header names, gzip offered. */
function goRequest(method, path, { body = '', headers = {} } = {}) {
  const [host, port] = broker.http.split(':');
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, path, method, headers: { 'User-Agent': 'Go-http-client/1.1', 'Accept-Encoding': 'gzip',
      ...headers } }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
const goJson = (method, path, value, headers = {}) =>
  goRequest(method, path, { body: JSON.stringify(value), headers: { 'Content-Type': 'application/json', ...headers } });

/** A varint-delimited protobuf field. */
function field(number, bytes) {
  const size = [];
  for (let left = bytes.length; ; left >>= 7) {
    if (left < 128) {
      size.push(left);
      break;
    }
    size.push((left & 127) | 128);
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), bytes]);
}

/** What otlptracehttp sends: one span with its ids as bytes, as the controller's tracer names it. */
function protobufExport(traceId, spanId, name) {
  const value = (text) => field(2, field(1, Buffer.from(text)));
  const attribute = (key, text) => field(9, Buffer.concat([field(1, Buffer.from(key)), value(text)]));
  const span = Buffer.concat([
    field(1, Buffer.from(traceId, 'hex')), field(2, Buffer.from(spanId, 'hex')), field(5, Buffer.from(name)),
    attribute('query.namespace', 'default'), attribute('ark.session.id', 'go-session'),
  ]);
  return field(1, field(2, field(2, span)));
}

test('controller: events are answered with exactly 201', async () => {
  const uid = 'b0b3c1a0-0000-4000-8000-000000000001';
  const emit = (reason, type, data) =>
    goJson('POST', '/events', {
      timestamp: '2026-11-20T09:24:09.123456789Z', eventType: type, reason, message: `${reason} (timestamp: 2026-11-20T09:24:09Z)`,
      data: { queryId: uid, queryName: 'my-query', queryNamespace: 'default', sessionId: 'go-session',
        timestamp: '2026-11-20T09:24:09.123456789Z', ...data },
      ttl_seconds: 2592000,
    });
  const flight = [];
  for (let i = 0; i < 64; ++i) flight.push(emit('LLMCallStart', 'Normal', { model: 'gpt', n: String(i) }));
  for (const answer of await Promise.all(flight)) assert.equal(answer.status, 201);
  assert.equal((await emit('QueryExecutionComplete', 'Normal', { durationMs: '1234.56', targetType: 'agent',
    agent: 'default/noah' })).status, 201);
  assert.equal((await api.get(`/events/${uid}`)).json.total, 65);
  assert.equal((await api.get('/sessions/go-session')).json.queries['my-query'].phase, 'done');
  // Cleanup of a query that is gone: by name and by uid; whatever was there, 2xx.
  for (let i = 0; i < 2; ++i) {
    assert.equal((await goRequest('DELETE', '/queries/my-query/messages')).status, 200);
    assert.equal((await goRequest('DELETE', `/events/${uid}`)).status, 200);
  }
  assert.equal((await api.get(`/events/${uid}`)).json.total, 0);
});

test('controller: spans as protobuf are found under hex and base64 ids, beside JSON ones', async () => {
  const traceId = '000102030405060708090a0b0c0d0e0f';
  const answer = await goRequest('POST', '/v1/traces', {
    body: protobufExport(traceId, '0001020304050607', 'query.dispatch'), headers: { 'Content-Type': 'application/x-protobuf' },
  });
  assert.equal(answer.status, 200);
  await api.post('/v1/traces', exportOf([{ traceId, spanId: '00000000000000ff', name: 'json' }]));
  const byHex = (await api.get(`/traces/${traceId}`)).json;
  assert.deepEqual(byHex.spans.map((span) => span.name), ['query.dispatch', 'json']);
  const byBase64 = (await api.get(`/traces/${encodeURIComponent(Buffer.from(traceId, 'hex').toString('base64'))}`)).json;
  assert.deepEqual(byBase64, byHex);
});

test('completions engine: memory over HTTP', async () => {
  const headers = { 'User-Agent': 'ark-memory-client/1.0' };
  const made = await goJson('POST', '/conversations', {}, headers);
  assert.ok(made.status >= 200 && made.status < 300);
  const conversation = JSON.parse(made.text).conversation_id;
  for (let turn = 0; turn < 3; ++turn) {
    const stored = await goJson('POST', '/messages', {
      conversation_id: conversation, query_id: `query-${turn}`, ttl_seconds: 720,
      messages: [{ role: 'user', content: `question ${turn}` }, { role: 'assistant', content: 'answer', tool_calls: [{ id: 'call',
        type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] }],
    }, headers);
    assert.ok(stored.status >= 200 && stored.status < 300);
  }
  const read = JSON.parse((await goRequest('GET', `/messages?conversation_id=${encodeURIComponent(conversation)}`, { headers })).text);
  assert.equal(read.items.length, 6);
  assert.deepEqual(read.items[0].message, { role: 'user', content: 'question 0' });
  assert.equal(read.items[5].query_id, 'query-2');
});

test('completions engine: one long chunked request, names by QueryEscape', async () => {
  const name = 'my query/1';
  const escaped = 'my+query%2F1'; // Go's url.QueryEscape; nobody turns the plus back
  const watcher = await api.watch(`/stream/${escaped}?from-beginning=true&wait-for-query=10&max-chunk-size=50`);
  const upload = openPost(broker, `/stream/${escaped}`);
  for (const content of ['Hel', 'lo']) {
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [{ delta: { content } }], ark: { query: name } };
    upload.write(`${JSON.stringify(chunk)}\n`);
    assert.equal((await watcher.json()).choices[0].delta.content, content);
  }
  upload.write(`${JSON.stringify({ id: 'chatcmpl-final', ark: { completedQuery: { status: { phase: 'done' } } } })}\n`);
  upload.end();
  assert.ok([200, 202].includes((await upload.answer).status));
  const complete = await goJson('POST', `/stream/${escaped}/complete`, {});
  assert.ok([200, 202].includes(complete.status));
  assert.equal((await watcher.json()).id, 'chatcmpl-final');
  assert.equal((await watcher.data()).data, '[DONE]');
  assert.equal(await watcher.next(), undefined);
});

test('Python SDK: one request for each chunk', async () => {
  for (let i = 0; i < 5; ++i) {
    const answer = await api.ask('POST', '/stream/py', { body: `${JSON.stringify({ i })}\n`, type: 'application/x-ndjson',
      headers: { 'user-agent': 'python-httpx/0.27' } });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.chunks_received, 1);
  }
  assert.equal((await api.post('/stream/py/complete', undefined)).status, 200);
  assert.equal((await api.post('/messages', { conversation_id: 'py', query_id: 'py', messages: [{ role: 'user',
    content: 'ü' }] })).status, 200);
});

test('ark-api: every answer that is no stream is JSON, errors too', async () => {
  for (const path of ['/traces', '/messages', '/events', '/stream', '/sessions', '/traces/none', '/sessions/none', '/conversations/none',
    '/events?limit=0', '/nothing'])
    assert.notEqual((await api.get(path)).json, undefined, path);
  for (const body of ['{', 'null', '<html>']) assert.notEqual((await api.post('/events', body)).json, undefined, body);
  for (const path of ['/traces', '/messages', '/events', '/stream', '/sessions']) assert.equal((await api.remove(path)).json.status,
    'success');
});

test('dashboard: all pages, then watch from the last cursor', async () => {
  await api.remove('/events');
  const total = 2350;
  const post = (i) => api.post('/events', { reason: 'X', data: { queryId: `q${i}`, i } });
  for (let i = 0; i < total; i += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => post(i + k)));
  const seen = new Set();
  let cursor;
  for (let more = true; more; ) {
    const { json } = await api.get(`/events?limit=1000${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    for (const item of json.items) seen.add(item.data.i);
    assert.equal(json.total, total);
    more = json.hasMore;
    cursor = json.nextCursor ?? cursor;
  }
  assert.equal(seen.size, total);
  const watcher = await api.watch(`/events?watch=true&cursor=${cursor}`);
  await post(total);
  for (let last = -1; last !== total; ) {
    last = (await watcher.json()).data.i;
    seen.add(last);
  }
  assert.equal(seen.size, total + 1);
  watcher.close();
});
