// The reference's HTTP contract, endpoint by endpoint: statuses, pages, cursors, filters, errors, streams and their edges.
// Where we do otherwise on purpose, docs/reference-differences.md says why.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { gzipSync, deflateSync, brotliCompressSync } from 'node:zlib';

import { Broker } from './harness.mjs';
import { Api, exportOf, isTime, isUuid, openPost, plainGet } from './reference.mjs';

let broker;
let api;
before(async () => {
  broker = await Broker.start();
  api = new Api(broker);
});
after(() => broker.stop());
beforeEach(async () => {
  for (const path of ['/messages', '/stream', '/traces', '/events', '/sessions']) assert.equal((await api.remove(path)).status, 200);
});

const message = (conversation, query, ...messages) =>
  api.post('/messages', { conversation_id: conversation, query_id: query, messages });
const event = (queryId, more = {}, data = {}) => api.post('/events', { reason: 'X', ...more, data: { queryId, ...data } });
const chunks = (query, ...lines) =>
  api.ask('POST', `/stream/${query}`, { body: lines.map((line) => JSON.stringify(line) + '\n').join(''), type: 'application/x-ndjson' });
const id32 = (n) => n.toString(16).padStart(32, '0');
const id16 = (n) => n.toString(16).padStart(16, '0');
const span = (trace, n, session) =>
  api.post('/v1/traces', exportOf([{ traceId: id32(trace), spanId: id16(n), name: `s${n}`,
    attributes: session ? { 'ark.session.id': session } : {} }]));

describe('conventions', () => {
  test('health and readiness', async () => {
    for (const path of ['/health', '/HEALTH', '/health/', '/readyz']) assert.equal((await api.get(path)).status, 200, path);
    assert.equal((await api.get('/readyz')).text, 'OK');
    const health = await api.get('/health');
    assert.equal(health.text, 'OK');
    const unchanged = await plainGet(broker, '/health', { 'if-none-match': health.headers.get('etag') });
    assert.deepEqual(unchanged, { status: 304, text: '' });
    assert.equal(health.headers.get('content-type'), 'text/html; charset=utf-8');
    const head = await fetch(broker.url('/events'), { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });

  test('unknown paths and wrong methods are 404, never 405', async () => {
    assert.equal(await api.refused(api.get('/nope'), 404, 'NOT_FOUND'), 'Not found');
    for (const [method, path] of [['PUT', '/events'], ['PATCH', '/messages'], ['DELETE', `/traces/${id32(1)}`], ['POST', '/traces'],
      ['DELETE', '/stream/q']])
      await api.refused(api.ask(method, path), 404, 'NOT_FOUND');
  });

  test('a malformed escape in the path is a request error', async () => {
    assert.match(await api.refused(api.get('/events/%ZZ'), 400, 'REQUEST_ERROR'), /%ZZ/);
  });

  test('the request id comes back, or is made', async () => {
    const given = await api.get('/nope', { headers: { 'x-request-id': 'abc: 1/2' } });
    assert.equal(given.headers.get('x-request-id'), 'abc: 1/2');
    assert.equal(given.json.error.requestId, 'abc: 1/2');
    assert.match((await api.get('/events')).headers.get('x-request-id'), isUuid);
  });

  test('no web page may read unless it is allowed to, preflights are 204', async () => {
    const origin = { origin: 'http://ui' };
    assert.equal((await api.get('/events', { headers: origin })).headers.get('access-control-allow-origin'), null);
    for (const path of ['/events', '/nope']) {
      const preflight = await api.ask('OPTIONS', path, { headers: { ...origin, 'access-control-request-method': 'POST' } });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers.get('access-control-allow-methods'), null);
    }
  });

  test('entity tags are weak, and 304 answers to them', async () => {
    await event('q');
    const first = await api.get('/events');
    assert.equal(first.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.match(first.headers.get('etag'), /^W\/"/);
    const unless = (etag) => plainGet(broker, '/events', { 'if-none-match': etag });
    assert.deepEqual(await unless(first.headers.get('etag')), { status: 304, text: '' });
    await event('q');
    assert.equal((await unless(first.headers.get('etag'))).status, 200);
  });

  test('bodies may be compressed', async () => {
    const body = JSON.stringify({ data: { queryId: 'packed' } });
    for (const [coding, pack] of [['gzip', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]]) {
      const answer = await api.ask('POST', '/events', { body: pack(body), headers: { 'content-encoding': coding } });
      assert.equal(answer.status, 201, coding);
    }
    await api.refused(api.ask('POST', '/events', { body: 'xx', headers: { 'content-encoding': 'gzip' } }), 400, 'REQUEST_ERROR');
    await api.refused(api.ask('POST', '/events', { body: 'xx', headers: { 'content-encoding': 'lzma' } }), 415, 'REQUEST_ERROR');
  });

  test('what is not a JSON object is a 4xx in JSON', async () => {
    for (const bad of ['{', '"x"', 'null', '5', '{"a":1,}', '\u0000']) await api.refused(api.post('/events', bad), 400, 'REQUEST_ERROR');
    assert.match(await api.refused(api.post('/events', ''), 400, 'VALIDATION_ERROR'), /^data/);
    assert.match(await api.refused(api.post('/events', '[]'), 400, 'VALIDATION_ERROR'), /^body/);
    assert.match(await api.refused(api.ask('POST', '/events', { body: '{}', type: 'text/plain' }), 400, 'VALIDATION_ERROR'), /^body/);
    await api.refused(api.ask('POST', '/events', { body: '{}', type: 'application/json; charset=x' }), 415, 'REQUEST_ERROR');
    await api.refused(api.post('/events', ' '.repeat(10 * 1024 * 1024 + 1)), 413, 'REQUEST_ERROR');
    await api.refused(api.post('/events', '['.repeat(100_000)), 400, 'REQUEST_ERROR');
  });

  test('openapi describes these paths too', async () => {
    const { json } = await api.get('/openapi.json');
    for (const path of ['/messages', '/stream/{query}', '/traces/{id}', '/events/{query}', '/sessions',
      '/v1/traces']) assert.ok(json.paths[path], path);
  });
});

describe('pages', () => {
  test('limit and cursor are parsed as JavaScript parses them', async () => {
    for (let i = 0; i < 6; ++i) await event(`q${i}`);
    const page = async (query) => (await api.get(`/events?${query}`)).json;
    const ids = (answer) => answer.items.map((item) => item.data.queryId).join();
    assert.deepEqual(await page('limit=2'), { items: (await page('')).items.slice(0, 2), total: 6, hasMore: true, nextCursor: 2 });
    assert.equal(ids(await page('limit=2&cursor=2')), 'q2,q3');
    const last = await page('limit=2&cursor=4');
    assert.equal(last.hasMore, false);
    assert.ok(!('nextCursor' in last));
    assert.deepEqual(await page('cursor=99'), { items: [], total: 6, hasMore: false });
    for (const [text, count] of [['2.9', 2], ['2abc', 2], ['%205', 5], ['1&limit=2', 1], ['1000', 6]])
      assert.equal((await page(`limit=${text}`)).items.length, count, text);
    for (const text of ['0', '-1', 'abc', '', '0x5'])
      assert.equal(await api.refused(api.get(`/events?limit=${text}`), 400, 'PAGINATION_ERROR'), 'limit must be a positive integer');
    assert.equal(await api.refused(api.get('/events?limit=1001'), 400, 'PAGINATION_ERROR'), 'limit cannot exceed 1000');
    for (const path of ['/events', '/messages', '/traces']) {
      for (const text of ['-1', '1.5', 'abc', '2abc', '9007199254740992'])
        assert.match(await api.refused(api.get(`${path}?cursor=${text}`), 400, 'VALIDATION_ERROR'), /cursor/, path + text);
      assert.equal(await api.refused(api.get(`${path}?cursor=`), 400, 'PAGINATION_ERROR'), 'cursor must be a non-negative integer');
    }
    assert.equal(ids(await page('cursor=1e3')), 'q1,q2,q3,q4,q5');
    assert.equal((await page('cursor=0x2')).items.length, 6);
    await api.refused(api.get('/stream?cursor=abc'), 400, 'PAGINATION_ERROR');
    await api.refused(api.get('/stream?cursor=-1'), 400, 'PAGINATION_ERROR');
    assert.equal((await api.get('/stream?cursor=2abc')).status, 200);
  });

  test('flags are true or false, texts are given once', async () => {
    for (const path of ['/messages', '/events', '/events/q', '/traces', '/sessions'])
      for (const text of ['1', 'TRUE', '', 'true&watch=true'])
        assert.match(await api.refused(api.get(`${path}?watch=${text}`), 400, 'VALIDATION_ERROR'), /watch/, path + text);
    assert.match(await api.refused(api.get('/events?from-beginning=yes'), 400, 'VALIDATION_ERROR'), /from-beginning/);
    assert.match(await api.refused(api.get('/messages?conversation_id=a&conversation_id=b'), 400, 'VALIDATION_ERROR'), /conversation_id/);
    assert.equal((await api.get('/stream?watch=1')).status, 200);
    assert.equal((await api.get('/events?unknown=1&session_id=')).status, 200);
  });
});

describe('messages', () => {
  test('are validated by name', async () => {
    const good = { conversation_id: 'c', query_id: 'q', messages: [] };
    for (const [name, value] of [['conversation_id', undefined], ['conversation_id', 5], ['query_id', null], ['messages', {}],
      ['messages', undefined], ['ttl_seconds', 0],
      ['ttl_seconds', -1], ['ttl_seconds', 1.5], ['ttl_seconds', null], ['ttl_seconds', ''], ['ttl_seconds', 'abc']])
      assert.match(await api.refused(api.post('/messages', { ...good, [name]: value }), 400, 'VALIDATION_ERROR'), new RegExp(`^${name}`),
        `${name}=${value}`);
    assert.equal(await api.refused(api.post('/messages', {}), 400, 'VALIDATION_ERROR'), 'conversation_id: Invalid input: expected ' +
      'string, received undefined; query_id: Invalid input: expected string, received undefined; messages: Invalid input: expected ' +
      'array, received undefined');
    for (const ttl of [60, '60', true, [5]]) assert.equal((await api.post('/messages', { ...good, ttl_seconds: ttl })).status, 200);
  });

  test('are stored in order with a sequence', async () => {
    const posted = await message('c1', 'q1', { role: 'user', content: 'hi' }, 'text', 5, null);
    assert.equal(posted.status, 200);
    assert.equal(posted.text, '');
    assert.equal(posted.headers.get('content-type'), null);
    await message('c2', 'q2', { a: 1 });
    const { json } = await api.get('/messages');
    assert.deepEqual(json.items.map((item) => item.sequence), [1, 2, 3, 4, 5]);
    assert.deepEqual(Object.keys(json.items[0]), ['timestamp', 'conversation_id', 'query_id', 'message', 'sequence']);
    assert.match(json.items[0].timestamp, isTime);
    assert.deepEqual(json.items.map((item) => item.message), [{ role: 'user', content: 'hi' }, 'text', 5, null, { a: 1 }]);
    assert.equal((await api.get('/messages?conversation_id=c1&query_id=q2')).json.total, 0);
    assert.equal((await api.get('/messages?query_id=q2')).json.total, 1);
    assert.equal((await api.get('/messages?conversation_id=c1&limit=1&cursor=1')).json.items[0].message, 'text');
    assert.deepEqual((await api.get('/memory-status')).json, {
      total_conversations: 2,
      total_messages: 5,
      conversations: { c1: { message_count: 4, query_count: 1 }, c2: { message_count: 1, query_count: 1 } },
    });
    assert.deepEqual((await api.get('/conversations')).json, { conversations: ['c1', 'c2'] });
    const one = (await api.get('/conversations/c1')).json;
    assert.equal(one.conversation_id, 'c1');
    assert.equal(one.messages.length, 4);
    assert.equal(await api.refused(api.get('/conversations/none'), 404, 'NOT_FOUND'), 'Conversation not found');
  });

  test('a conversation is an id and nothing more until a message comes', async () => {
    const made = await api.post('/conversations', { anything: 1 });
    assert.equal(made.status, 201);
    assert.match(made.json.conversation_id, isUuid);
    assert.deepEqual((await api.get('/conversations')).json, { conversations: [] });
  });

  test('are deleted by query, conversation, both and all', async () => {
    const left = async () => (await api.get('/messages')).json.items.map((item) => item.sequence).join();
    for (const [c, q] of [['a', '1'], ['a', '2'], ['b', '1'], ['b', '2'], ['c', '1']]) await message(c, q, c + q);
    const gone = async (path, text) => assert.deepEqual((await api.remove(path)).json, { status: 'success', message: text });
    await gone('/conversations/a/queries/1/messages', 'Query 1 messages deleted from conversation a');
    assert.equal(await left(), '2,3,4,5');
    await gone('/queries/1/messages', 'Query 1 messages deleted');
    assert.equal(await left(), '2,4');
    await gone('/conversations/a', 'Conversation a deleted');
    assert.equal(await left(), '4');
    await gone('/queries/none/messages', 'Query none messages deleted');
    await message('a', '1', 'x');
    assert.equal(await left(), '4,6');
    await gone('/conversations', 'All conversations deleted');
    await message('a', '1', 'x');
    assert.equal(await left(), '1');
    await gone('/messages', 'Memory purged');
    assert.equal((await api.get('/messages')).json.total, 0);
  });

  test('keys of JavaScript are just keys', async () => {
    for (const key of ['__proto__', 'constructor', 'toString']) await message(key, key, { [key]: 1 });
    const status = (await api.get('/memory-status')).text;
    for (const key of ['__proto__', 'constructor', 'toString']) {
      assert.ok(status.includes(`"${key}":{"message_count":1`), key);
      assert.equal((await api.get(`/conversations/${key}`)).status, 200);
    }
  });

  test('are watched live, and replayed behind a cursor', async () => {
    await message('c', 'q', 'one', 'two');
    const live = await api.watch('/messages?watch=true&conversation_id=c');
    assert.equal(live.response.headers['content-type'], 'text/event-stream');
    assert.equal(live.response.headers['cache-control'], 'no-cache');
    assert.equal(await live.next(), ': connected');
    const replay = await api.watch('/messages?watch=true&cursor=1');
    assert.equal((await replay.json()).message, 'two');
    await message('other', 'q', 'x');
    await message('c', 'q', 'three');
    const frame = await live.data();
    assert.equal(JSON.parse(frame.data).message, 'three');
    assert.deepEqual(Object.keys(JSON.parse(frame.data)), ['timestamp', 'conversation_id', 'query_id', 'message', 'sequence']);
    assert.equal(frame.id, '4');
    assert.equal((await replay.json()).message, 'x');
    assert.equal((await replay.json()).message, 'three');
    const resumed = await api.watch('/messages?watch=true', { 'last-event-id': '3' });
    assert.equal((await resumed.json()).message, 'three');
    await live.silent();
    for (const watcher of [live, replay, resumed]) watcher.close();
  });
});

describe('chunks', () => {
  test('are taken while their request is open', async () => {
    const watcher = await api.watch('/stream/q');
    const upload = openPost(broker, '/stream/q', { 'transfer-encoding': 'chunked' });
    upload.write('{"n":1}\n');
    assert.deepEqual(await watcher.json(), { n: 1 });
    const euro = Buffer.from('{"t":"é€"}\n');
    upload.write(euro.subarray(0, 7));
    await new Promise((resolve) => setTimeout(resolve, 50));
    upload.write(euro.subarray(7));
    assert.deepEqual(await watcher.json(), { t: 'é€' });
    assert.equal((await api.get('/stream')).json.total, 2);
    upload.write('\n  \nnot json\nnull\n[1]\n5\n"skipped"\n{"last":true}');
    upload.end();
    const answer = await upload.answer;
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, { status: 'stream_processed', query: 'q', chunks_received: 7 });
    assert.deepEqual(await watcher.json(), [1]);
    assert.deepEqual(await watcher.json(), 5);
    assert.deepEqual(await watcher.json(), { last: true });
    assert.deepEqual((await api.post('/stream/q/complete', {})).json, { status: 'completed', query: 'q' });
    assert.equal((await watcher.data()).data, '[DONE]');
    assert.equal(await watcher.data(), undefined);
    assert.deepEqual((await api.post('/stream/q/complete')).json, { status: 'already_completed', query: 'q' });
  });

  test('one JSON value with a JSON content type is one chunk', async () => {
    const answer = await api.post('/stream/q', { a: 1 });
    assert.equal(answer.json.chunks_received, 1);
    assert.equal((await api.get('/stream')).json.total, 1);
  });

  test('pages show the raw records', async () => {
    await chunks('q1', { b: 2 }, 'text');
    await chunks('q2', 7);
    await api.post('/stream/q1/complete');
    const { json } = await api.get('/stream');
    assert.equal(json.total, 4);
    assert.match(json.items[0].timestamp, isTime);
    assert.deepEqual(json.items.map(({ timestamp, ...rest }) => rest), [
      { sequenceNumber: 1, data: { queryId: 'q1', chunk: { b: 2 } } },
      { sequenceNumber: 2, data: { queryId: 'q1', chunk: 'text' } },
      { sequenceNumber: 3, data: { queryId: 'q2', chunk: 7 } },
      { sequenceNumber: 4, data: { queryId: 'q1', chunk: '[DONE]', complete: true } },
    ]);
    assert.equal((await api.get('/stream?limit=2')).json.nextCursor, 2);
    assert.equal((await api.get('/stream?cursor=3')).json.items.length, 1);
  });

  test('a stream that is not there cannot be completed', async () => {
    assert.equal(await api.refused(api.post('/stream/none/complete'), 404, 'NOT_FOUND'), 'Stream not found');
  });

  test('replay from the beginning ends with [DONE]', async () => {
    await chunks('q', { n: 1 }, 'skipped', { error: { message: 'm', type: 't' } }, { n: 2 });
    await api.post('/stream/q/complete');
    await chunks('q', { after: 1 });
    const replay = await api.watch('/stream/q?from-beginning=true');
    const seen = [];
    for (let frame = await replay.data(); frame; frame = await replay.data()) {
      seen.push(frame.data);
      assert.equal(frame.id === undefined, frame.data === '[DONE]');
    }
    assert.deepEqual(seen, ['{"n":1}', '{"error":{"message":"m","type":"t"}}', '{"n":2}', '[DONE]']);
    const resumed = await api.watch('/stream/q', { 'last-event-id': '3' });
    assert.deepEqual(await resumed.json(), { n: 2 });
    resumed.close();
  });

  test('a live error ends the stream, another shape does not', async () => {
    const watcher = await api.watch('/stream/q');
    await chunks('q', { error: { message: 5 } }, { error: 'text' }, { error: { message: 'm', type: 't', code: 'c' } }, { more: 1 });
    assert.deepEqual(await watcher.json(), { error: { message: 5 } });
    assert.deepEqual(await watcher.json(), { error: 'text' });
    assert.equal((await watcher.json()).error.code, 'c');
    assert.equal((await watcher.data()).data, '[DONE]');
    assert.equal(await watcher.data(), undefined);
    assert.equal((await api.get('/health')).status, 200);
  });

  test('wait-for-query ends a wait in vain', async () => {
    const empty = await api.watch('/stream/none?wait-for-query=0');
    assert.deepEqual(await empty.json(), {
      error: { message: 'Request timeout waiting for streaming query response', type: 'timeout_error', code: 'timeout' },
    });
    assert.equal((await empty.data()).data, '[DONE]');
    assert.equal(await empty.data(), undefined);
    const waiting = await api.watch('/stream/q?wait-for-query=1&max-chunk-size=5');
    await chunks('q', { n: 1 });
    assert.deepEqual(await waiting.json(), { n: 1 });
    await waiting.silent(1500);
    waiting.close();
    for (const bad of ['wait-for-query=-1', 'wait-for-query=x', 'max-chunk-size=0', 'from-beginning=1'])
      assert.match(await api.refused(api.get(`/stream/q?${bad}`), 400, 'VALIDATION_ERROR'), new RegExp(bad.split('=')[0]));
  });

  test('the firehose shows all queries, completions too', async () => {
    const all = await api.watch('/stream?watch=true');
    assert.equal(await all.next(), ': connected');
    await chunks('a', { n: 1 });
    await chunks('b', 'text');
    await api.post('/stream/a/complete');
    assert.deepEqual(await all.json(), { n: 1 });
    assert.equal(await all.json(), 'text');
    assert.equal(await all.json(), '[DONE]');
    all.close();
  });

  test('a purge begins anew', async () => {
    await chunks('q', 1, 2);
    assert.deepEqual((await api.remove('/stream')).json, { status: 'success', message: 'Stream data purged' });
    await chunks('q', 3);
    assert.deepEqual((await api.get('/stream')).json.items.map((item) => [item.sequenceNumber, item.data.chunk]), [[1, 3]]);
  });
});

describe('traces', () => {
  test('export answers {} and refuses what is not an export', async () => {
    const answer = await span(1, 1);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, {});
    assert.equal((await api.post('/v1/traces', '[]')).status, 400);
    assert.equal((await api.ask('POST', '/v1/traces', { body: 'x', type: 'text/plain' })).status, 415);
    const body = JSON.stringify(exportOf([{ traceId: id32(7), spanId: id16(7) }]));
    for (const [coding, pack] of [['GZIP', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]]) {
      const packed = await api.ask('POST', '/v1/traces', { body: pack(body), headers: { 'content-encoding': coding } });
      assert.equal(packed.status, 200, coding);
    }
    assert.equal((await api.get(`/traces/${id32(7)}`)).json.spans.length, 3);
    const garbage = await api.ask('POST', '/v1/traces', { body: Buffer.from('ffff', 'hex'), type: 'application/x-protobuf' });
    assert.equal(garbage.status, 400);
  });

  test('are listed newest first, with the cursor as an upper bound', async () => {
    for (const [trace, n] of [[1, 1], [2, 2], [1, 3], [3, 4]]) await span(trace, n, trace === 2 ? 'session-x' : undefined);
    const { json } = await api.get('/traces');
    assert.deepEqual(json.items.map((item) => item.traceId), [id32(3), id32(2), id32(1)]);
    assert.deepEqual(json.items[2].spans.map((s) => s.name), ['s1', 's3']);
    assert.equal(json.total, 3);
    assert.equal(json.hasMore, false);
    const page = (await api.get('/traces?limit=1')).json;
    assert.equal(page.hasMore, true);
    assert.equal(page.nextCursor, 4);
    const next = (await api.get(`/traces?limit=1&cursor=${page.nextCursor}`)).json;
    assert.equal(next.items[0].traceId, id32(2));
    const session = (await api.get('/traces?session_id=session-x')).json;
    assert.deepEqual(session.items.map((item) => item.traceId), [id32(2)]);
    assert.equal(session.total, 1);
  });

  test('one is found by its id in either case', async () => {
    await span(0xabc, 1);
    const one = (await api.get(`/traces/${id32(0xabc).toUpperCase()}`)).json;
    assert.equal(one.traceId, id32(0xabc));
    const [stored] = one.spans;
    assert.equal(stored.spanId, id16(1));
    assert.equal(stored.startTimeUnixNano, '1700000000000000000');
    assert.equal(stored.resource['service.name'], 'svc');
    assert.ok(Array.isArray(stored.attributes));
    assert.equal(await api.refused(api.get(`/traces/${id32(9)}`), 404, 'NOT_FOUND'), 'Trace not found');
    await api.refused(api.get('/traces/not-an-id'), 404, 'NOT_FOUND');
    assert.deepEqual((await api.remove('/traces')).json, { status: 'success', message: 'Trace data purged' });
    await api.refused(api.get(`/traces/${id32(0xabc)}`), 404, 'NOT_FOUND');
  });

  test('spans are watched', async () => {
    await span(1, 1, 's');
    const all = await api.watch('/traces?watch=true&cursor=0');
    const one = await api.watch(`/traces/${id32(1)}?watch=true&from-beginning=true`);
    const session = await api.watch('/traces?watch=true&session_id=s');
    assert.equal((await all.json()).name, 's1');
    assert.equal((await one.json()).name, 's1');
    await span(2, 2);
    await span(1, 3, 's');
    assert.equal((await all.json()).name, 's2');
    assert.equal((await all.json()).name, 's3');
    assert.equal((await one.json()).name, 's3');
    assert.equal((await session.json()).name, 's3');
    for (const watcher of [all, one, session]) watcher.close();
  });
});

describe('events', () => {
  test('are kept as they were sent', async () => {
    const sent = {
      timestamp: '2026-01-01T00:00:00.123456789Z', eventType: 'Normal', reason: 'QueryExecutionStart', message: 'm', extra: { deep: [1,
        2.5, null, true] },
      data: { queryId: 'u', queryName: 'n', sessionId: 's', durationMs: '1234.56', list: [], empty: {}, none: null, number: 7 },
    };
    const created = await api.post('/events', { ...sent, ttl_seconds: 3600 });
    assert.equal(created.status, 201);
    assert.deepEqual(created.json, { status: 'success' });
    assert.deepEqual((await api.get('/events')).json.items, [sent]);
    assert.deepEqual((await api.get('/events/u')).json, { items: [sent], total: 1, hasMore: false });
    assert.deepEqual((await api.get('/events/none')).json, { items: [], total: 0, hasMore: false });
    assert.equal((await api.get('/events?session_id=s')).json.total, 1);
    assert.equal((await api.get('/events?session_id=t')).json.total, 0);
    assert.equal((await api.get('/events?session_id=')).json.total, 1);
  });

  test('come back with nothing added and nothing lost', async () => {
    for (const [i, more] of [{}, { reason: '', eventType: '', message: null }, { reason: 'Event', eventType: 'Other', timestamp: 'x' },
      { timestamp: '1970-01-01T00:00:00.000Z', message: { a: [1] }, '': 1 }, { reason: 5, eventType: [], timestamp: null }].entries()) {
      const sent = { ...more, data: { queryId: `v${i}`, ttl_seconds: 1, constructor: 'x' } };
      assert.equal((await api.post('/events', sent)).status, 201);
      assert.deepEqual((await api.get(`/events/v${i}`)).json.items, [sent]);
    }
    await api.post('/events', '{"data":{"queryId":"big","n":12345678901234567890,"m":9007199254740993}}');
    const { text, json } = await api.get('/events/big');
    assert.equal(json.items[0].data.n, 12345678901234567890);
    assert.match(text, /"m":9007199254740993/);
  });

  test('need a query id', async () => {
    for (const [body, name] of [[{}, 'data'], [{ data: [] }, 'data'], [{ data: {} }, 'data.queryId'], [{ data: { queryId: '' } },
      'data.queryId'],
      [{ data: { queryId: 5 } }, 'data.queryId'], [{ data: { queryId: 'q' }, ttl_seconds: 'x' }, 'ttl_seconds']])
      assert.match(await api.refused(api.post('/events', body), 400, 'VALIDATION_ERROR'), new RegExp(`^${name}`), JSON.stringify(body));
  });

  test('hostile values do no harm', async () => {
    for (const body of ['{"reason":5,"data":{"queryId":"q","sessionId":7}}',
      '{"data":{"queryId":"q","__proto__":{"x":1},"constructor":1,"sessionId":"__proto__","queryName":"toString"}}',
      '{"data":{"queryId":"q","n":1e400,"s":"\\ud800"}}'])
      assert.equal((await api.post('/events', body)).status, 201, body);
    assert.equal((await api.get('/events/q')).json.total, 3);
    assert.equal((await api.get('/sessions/__proto__')).status, 200);
    assert.equal((await api.get('/sessions/constructor')).status, 404);
  });

  test('are deleted by query, and all', async () => {
    for (const query of ['a', 'b', 'a']) await event(query);
    assert.deepEqual((await api.remove('/events/a')).json, { status: 'success', message: 'Query a events deleted' });
    assert.equal((await api.get('/events')).json.total, 1);
    assert.equal((await api.remove('/events/none')).status, 200);
    assert.deepEqual((await api.remove('/events')).json, { status: 'success', message: 'Event data purged' });
    assert.equal((await api.get('/events')).json.total, 0);
  });

  test('are watched with filters and replay', async () => {
    await event('a', {}, { n: 1, sessionId: 's' });
    await event('b', {}, { n: 2 });
    const open = (query) => api.watch(`/events${query}`);
    const live = await open('?watch=true&from-beginning=true');
    const behind = await open('?watch=true&cursor=1');
    const session = await open('?watch=true&session_id=s&cursor=0');
    const query = await open('/a?watch=true&from-beginning=true&cursor=5');
    assert.equal((await behind.json()).data.n, 2);
    assert.equal((await session.json()).data.n, 1);
    assert.equal((await query.json()).data.n, 1);
    await event('a', {}, { n: 3 });
    assert.equal((await live.json()).data.n, 3);
    assert.equal((await behind.json()).data.n, 3);
    assert.equal((await query.json()).data.n, 3);
    await session.silent();
    for (const watcher of [live, behind, session, query]) watcher.close();
  });
});

describe('sessions', () => {
  const say = (session, query, reason, data = {}) => event(`uid-${query}`, { reason }, { sessionId: session, queryName: query, ...data });

  test('roll up the queries of events', async () => {
    await say('session-abc', 'qn-1', 'QueryExecutionStart', { queryNamespace: 'default', agent: 'default/noah', conversationId: 'conv-m',
      targetType: 'team', tool: 'tl' });
    let session = (await api.get('/sessions/session-abc')).json;
    assert.equal(session.name, 'abc');
    assert.equal(session.status, 'active');
    assert.equal(session.queries['qn-1'].phase, 'running');
    await say('session-abc', 'qn-1', 'ToolCallError', { error: 'bad' });
    session = (await api.get('/sessions/session-abc')).json;
    const query = session.queries['qn-1'];
    for (const time of [session.createdAt, session.lastActivity, query.createdAt, query.completedAt,
      query.lastActivity]) assert.match(time, isTime);
    assert.deepEqual(session, {
      sessionId: 'session-abc',
      name: 'abc',
      queries: {
        'qn-1': {
          name: 'qn-1', namespace: 'default', conversationId: 'conv-m', agent: 'default/noah', tool: 'tl', targetType: 'team',
            phase: 'error', error: 'bad',
          createdAt: query.createdAt, completedAt: query.completedAt, lastActivity: query.lastActivity,
        },
      },
      status: 'error',
      errorCount: 1,
      createdAt: session.createdAt,
      lastActivity: session.lastActivity,
      conversations: [
        { conversationId: 'conv-m', name: 'default/noah', participants: ['default/noah'], messageCount: 1, duration: '0s',
          startTime: query.createdAt, participantType: 'team', errorCount: 1 },
      ],
      participants: [{ id: 'default/noah', name: 'default/noah', type: 'team' }],
    });
    await say('session-abc', 'qn-1', 'QueryExecutionComplete');
    session = (await api.get('/sessions/session-abc')).json;
    assert.equal(session.queries['qn-1'].phase, 'done');
    assert.ok(!('error' in session.queries['qn-1']));
    assert.equal(session.status, 'idle');
    await say('session-abc', 'qn-1', 'LLMCallStart');
    assert.equal((await api.get('/sessions/session-abc')).json.queries['qn-1'].phase, 'done');
    await say('session-abc', 'qn-1', 'QueryExecutionCanceled');
    assert.equal((await api.get('/sessions/session-abc')).json.queries['qn-1'].phase, 'canceled');
  });

  test('are created by POST /sessions too', async () => {
    const answer = await api.post('/sessions', { sessionId: 's', queryName: 'q', _reason: 'QueryExecutionComplete', error: 'e',
      reason: 'ignored' });
    assert.equal(answer.status, 201);
    assert.deepEqual(answer.json, { status: 'success' });
    assert.equal((await api.get('/sessions/s')).json.queries.q.phase, 'error');
    assert.equal((await api.post('/sessions', { sessionId: 'nothing' })).status, 201);
    assert.equal(await api.refused(api.get('/sessions/nothing'), 404, 'NOT_FOUND'), 'Session not found');
    for (const body of [{}, { sessionId: '' }, { sessionId: 5 }]) assert.match(await api.refused(api.post('/sessions', body), 400,
      'VALIDATION_ERROR'), /^sessionId/);
  });

  test('are a map, or pages with counts', async () => {
    // The order by date is by milliseconds.
    const nextMillisecond = async () => { for (const now = Date.now(); Date.now() <= now + 1;) await new Promise(setImmediate); };
    for (const name of ['b', 'a', '2', '10']) {
      await say(name, `q${name}`, 'QueryExecutionStart', { agent: `agent-${name}` });
      await nextMillisecond();
    }
    await say('a', 'qa', 'QueryExecutionComplete');
    await nextMillisecond();
    await say('b', 'qb', 'QueryExecutionError', { error: 'x' });
    const all = (await api.get('/sessions')).json.sessions;
    assert.deepEqual(Object.keys(all), ['2', '10', 'b', 'a']);
    assert.deepEqual((await api.get('/sessions?limit=&cursor=')).json.sessions, all);
    const page = (await api.get('/sessions?limit=2&sort=name&order=asc')).json;
    assert.deepEqual(page.items.map((s) => s.sessionId), ['10', '2']);
    assert.equal(page.nextCursor, 2);
    assert.deepEqual(page.statusCounts, { active: 2, idle: 1, error: 1 });
    const rest = (await api.get('/sessions?limit=2&cursor=2&sort=name&order=asc')).json;
    assert.deepEqual(rest.items.map((s) => s.sessionId), ['a', 'b']);
    assert.equal(rest.hasMore, false);
    assert.ok(!('nextCursor' in rest));
    const ids = async (query) => (await api.get(`/sessions?limit=10&${query}`)).json.items.map((s) => s.sessionId);
    assert.deepEqual(await ids('status=idle'), ['a']);
    assert.deepEqual(await ids('search=AGENT-1'), ['10']);
    assert.deepEqual(await ids('sort=date'), ['b', 'a', '10', '2']);
    assert.deepEqual(await ids('dateFrom=2999-01-01'), []);
    assert.deepEqual(await ids('dateFrom=nonsense'), []);
    assert.equal((await ids('dateTo=2999-01-01&dateFrom=')).length, 4);
    for (const bad of ['status=', 'status=x', 'sort=x', 'order=x']) assert.match(await api.refused(api.get(`/sessions?${bad}`), 400,
      'VALIDATION_ERROR'), new RegExp(`^${bad.split('=')[0]}`));
    assert.deepEqual(Object.keys((await api.get('/sessions?status=idle')).json.sessions), ['a']);
  });

  test('are watched: first as they are, then as they change', async () => {
    await say('one', 'q', 'QueryExecutionStart');
    const all = await api.watch('/sessions?watch=true');
    const two = await api.watch('/sessions?watch=true&session_id=two');
    assert.equal(await all.next(), ': connected');
    const first = await all.json();
    assert.equal(first.sessionId, 'one');
    assert.equal(first.session.queries.q.phase, 'running');
    await say('two', 'q2', 'QueryExecutionStart');
    assert.equal((await all.json()).sessionId, 'two');
    assert.equal((await two.json()).sessionId, 'two');
    all.close();
    two.close();
    assert.deepEqual((await api.remove('/sessions')).json, { status: 'success', message: 'Sessions purged' });
    assert.deepEqual((await api.get('/sessions')).json, { sessions: {} });
  });

  test('learn their conversation from messages', async () => {
    await say('s', 'qname', 'QueryExecutionStart');
    await message('conv-1', 'qname', 'hello');
    assert.equal((await api.get('/sessions/s')).json.queries.qname.conversationId, 'conv-1');
  });
});

describe('durability', () => {
  test('everything acknowledged is there after kill -9, and numbers go on', async () => {
    const own = await Broker.start();
    const there = new Api(own);
    await there.post('/messages', { conversation_id: 'c', query_id: 'q', messages: ['one', 'two'] });
    await there.post('/events', { data: { queryId: 'q', sessionId: 's', queryName: 'n' } });
    await there.ask('POST', '/stream/q', { body: '{"n":1}\n', type: 'application/x-ndjson' });
    await there.post('/v1/traces', exportOf([{ traceId: id32(7), spanId: id16(7) }]));
    await there.remove('/queries/none/messages');
    await own.end('SIGKILL');
    await own.launch();
    assert.equal((await there.get('/messages')).json.total, 2);
    assert.equal((await there.get('/events')).json.total, 1);
    assert.equal((await there.get('/stream')).json.items[0].data.chunk.n, 1);
    assert.equal((await there.get(`/traces/${id32(7)}`)).status, 200);
    assert.equal((await there.get('/sessions/s')).status, 200);
    await there.post('/messages', { conversation_id: 'c', query_id: 'q', messages: ['three'] });
    assert.equal((await there.get('/messages?cursor=2')).json.items[0].sequence, 3);
    await own.stop();
  });

  test('a stop ends while watchers listen', async () => {
    const own = await Broker.start();
    const there = new Api(own);
    const watchers = await Promise.all(['/events?watch=true', '/stream/q', '/sessions?watch=true'].map((path) => there.watch(path)));
    const began = Date.now();
    await own.stop();
    assert.ok(Date.now() - began < 5000);
    for (const watcher of watchers) watcher.close();
  });
});
