// Messages and chunks of the reference's paths in our own stream, with its filters and cursors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Broker, readStream } from './harness.mjs';
import { Api } from './reference.mjs';

let broker;
let api;
before(async () => {
  broker = await Broker.start();
  api = new Api(broker);
});
after(() => broker.stop());

/** Frames up to the first sync, without it. */
async function frames(parameters, headers) {
  const seen = [];
  await readStream(broker.url(`/v1/stream?snapshot=false&${parameters}`), (frame) => {
    if (frame.event === 'sync') return false;
    seen.push({ ...frame, data: JSON.parse(frame.data) });
    return true;
  }, headers);
  return seen;
}

test('messages and chunks are topics of the stream', async () => {
  await api.post('/events', { reason: 'QueryExecutionStart', data: { queryId: 'q-1', queryName: 'tides', sessionId: 's-1' } });
  await api.post('/messages', { conversation_id: 'c', query_id: 'q-1', messages: [{ role: 'user', content: 'hi' }, 'x'.repeat(2000)] });
  await api.ask('POST', '/stream/q-1', { body: '{"n":1}\n"text"\n', type: 'application/x-ndjson' });
  await api.post('/stream/q-1/complete');
  await api.post('/messages', { conversation_id: 'd', query_id: 'q-2', messages: [7] });

  const all = await frames('topics=message,chunk&since=start');
  assert.deepEqual(all.map((frame) => frame.event), ['message', 'message', 'chunk', 'chunk', 'chunk', 'message']);
  const [first, long] = all;
  assert.equal(first.data.queryId, 'q-1');
  assert.equal(first.data.queryName, 'tides');
  assert.equal(first.data.sessionId, 's-1');
  assert.equal(first.data.conversationId, 'c');
  assert.deepEqual(first.data.message, { role: 'user', content: 'hi' });
  assert.equal(long.data.message, undefined);
  assert.equal(long.data.bytes, 2002);
  assert.deepEqual(all.slice(2, 5).map((frame) => frame.data.chunk), [{ n: 1 }, 'text', '[DONE]']);
  assert.equal(all[4].data.complete, true);
  assert.ok(all.every((frame) => /^[0-9a-f]{8}-[0-9a-f]{16}$/.test(frame.id)));

  const full = await frames('topics=message&since=start&view=full');
  assert.equal(full[1].data.message, 'x'.repeat(2000));
  assert.deepEqual((await frames('topics=chunk', { 'last-event-id': all[2].id })).map((frame) => frame.data.chunk), ['text', '[DONE]']);
});

test('they are filtered like everything else', async () => {
  const of = async (parameters) => (await frames(`topics=message,chunk&since=start&${parameters}`)).length;
  assert.equal(await of('query=q-2'), 1);
  assert.equal(await of('query=tides'), 5);
  assert.equal(await of('session=s-1'), 5);
  assert.equal(await of('session=nobody'), 0);
  assert.equal(await of(`filter=${encodeURIComponent('type == "message" && conversation == "d"')}`), 1);
  assert.equal(await of('status=failure'), 0);
  assert.equal((await frames('topics=event,chunk&since=start&reason=Nothing*')).length, 3);
});

test('a live watcher sees them as they come', async () => {
  const texts = [];
  let posted;
  await readStream(broker.url('/v1/stream?topics=chunk&since=now&snapshot=false'), (frame) => {
    if (frame.event === 'sync' && !posted) {
      posted = api.ask('POST', '/stream/q-3', { body: '{"live":1}\n', type: 'application/x-ndjson' });
    }
    if (frame.event === 'chunk') texts.push(JSON.parse(frame.data).chunk);
    return texts.length < 1;
  });
  await posted;
  assert.deepEqual(texts, [{ live: 1 }]);
});

test('spans are narrowed by the events that they stand for', async () => {
  const attribute = (key, value) => ({ key, value: { stringValue: value } });
  const span = (n, ...attributes) => ({
    traceId: '0'.repeat(31) + '1', spanId: n.toString(16).padStart(16, '0'), name: `s${n}`,
    startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000500000000', attributes,
  });
  const spans = [span(1), span(2, attribute('gen_ai.operation.name', 'execute_tool'), attribute('gen_ai.tool.name', 't'))];
  const { headers } = await api.post('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const listed = async (reason) => (await broker.get(`/v1/spans?at_least=${headers.get('ark-receipt')}${reason}`)).items.length;
  assert.equal(await listed(''), 2);
  assert.equal(await listed('&reason=ToolCall*'), 1);
  assert.equal(await listed('&reason=LLMCallError'), 0);
});
