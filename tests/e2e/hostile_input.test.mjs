// Goal: malformed, truncated, huge, deeply nested and bomb bodies get the right answer, and the broker goes on serving.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { Broker } from './harness.mjs';

const good = JSON.stringify({
  resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'ok' }] }] }],
});

function nested(depth) {
  let value = '{"stringValue":"x"}';
  for (let i = 0; i < depth; ++i) value = `{"arrayValue":{"values":[${value}]}}`;
  return good.replace('"name":"ok"', `"name":"deep","attributes":[{"key":"k","value":${value}}]`);
}

describe('hostile input', () => {
  let broker;
  before(async () => {
    broker = await Broker.start(['--request-bytes-max', '4MiB']);
  });
  after(() => broker.stop());

  const post = async (body, headers) =>
    fetch(`http://${broker.otlp}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

  const cases = [
    ['truncated JSON', good.slice(0, -5), {}, 400],
    ['JSON of another shape', '[1,2,3]', {}, 400],
    ['a hundred thousand open brackets', '['.repeat(100_000), {}, 400],
    ['values nested too deep', nested(2000), {}, 400],
    ['truncated protobuf', Buffer.from([0x0a, 0x7f, 0x0a]), { 'content-type': 'application/x-protobuf' }, 400],
    ['a protobuf length beyond the body', Buffer.from('0affffffff7f', 'hex'), { 'content-type': 'application/x-protobuf' }, 400],
    ['a body above the limit', Buffer.alloc(5 << 20, 0x20), {}, 413],
    ['a gzip bomb', gzipSync(Buffer.alloc(64 << 20), { level: 9 }), { 'content-encoding': 'gzip' }, 413],
    ['a corrupt gzip', gzipSync(good).subarray(0, 40), { 'content-encoding': 'gzip' }, 400],
    ['an unknown encoding', good, { 'content-encoding': 'compress' }, 415],
    ['brotli that is none', good, { 'content-encoding': 'br' }, 400],
    ['an unknown media type', good, { 'content-type': 'text/xml' }, 415],
  ];
  for (const [name, body, headers, status] of cases) {
    test(`${name} is ${status}`, async () => {
      const response = await post(body, headers);
      assert.equal(response.status, status);
      await response.arrayBuffer();
      assert.equal((await post(good, {})).status, 200, 'it does not serve any more');
    });
  }

  test('values nested below the limit are kept', async () => {
    const response = await post(nested(40), {});
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {});
  });

  test('garbage on the wire closes that connection only', async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const hugeHead = `GET / HTTP/1.1\r\n${'a'.repeat(200_000)}`;
    for (const garbage of ['\x16\x03\x01\x02\x00', 'GET\r\n\r\n', `${preface}xxxxxxxxxxxx`, hugeHead]) {
      await new Promise((resolve) => {
        const socket = net.connect(Number(broker.otlp.split(':')[1]), '127.0.0.1', () => socket.write(garbage, 'latin1'));
        socket.on('error', resolve);
        socket.on('close', resolve);
        socket.resume();
        setTimeout(() => socket.destroy(), 500);
      });
    }
    assert.equal((await post(good, {})).status, 200);
  });

  test('unknown parameters and paths are refused with a problem document', async () => {
    const response = await fetch(broker.url('/v1/sessions?statos=error'));
    assert.equal(response.status, 400);
    assert.match(response.headers.get('content-type'), /application\/problem\+json/);
    assert.match(await response.text(), /status/, 'the nearest parameter is named');
    assert.equal((await fetch(broker.url('/v1/nothing'))).status, 404);
  });
});
