// What the tests of the reference's API share: requests by its words, and event streams read frame by frame.
import assert from 'node:assert/strict';
import http from 'node:http';

/** Requests against one broker's base address. */
export class Api {
  constructor(broker) {
    this.broker = broker;
  }

  async ask(method, path, { body, headers = {}, type = 'application/json' } = {}) {
    const options = { method, headers: { ...headers } };
    if (body !== undefined) {
      options.body = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      if (type) options.headers['content-type'] ??= type;
    }
    const response = await fetch(this.broker.url(path), options);
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  get = (path, options) => this.ask('GET', path, options);
  post = (path, body, options) => this.ask('POST', path, { body, ...options });
  remove = (path) => this.ask('DELETE', path);

  /** Asserts an error in the standard shape; returns its message. */
  async refused(answer, status, code) {
    const got = await answer;
    assert.equal(got.status, status, got.text);
    assert.match(got.headers.get('content-type'), /^application\/json/);
    assert.equal(got.json.error.code, code, got.text);
    assert.equal(got.json.error.requestId, got.headers.get('x-request-id'));
    return got.json.error.message;
  }

  watch(path, headers = {}) {
    return Watcher.open(this.broker.url(path), headers);
  }
}

/** An open event stream: blocks between blank lines, in order. */
export class Watcher {
  static open(url, headers = {}) {
    const watcher = new Watcher();
    return new Promise((resolve, reject) => {
      watcher.request = http.get(url, { headers }, (response) => {
        watcher.response = response;
        response.setEncoding('utf8');
        response.on('data', (text) => watcher.take(text));
        response.on('end', () => watcher.finish());
        response.on('close', () => watcher.finish());
        resolve(watcher);
      });
      watcher.request.on('error', (error) => (watcher.closing ? undefined : reject(error)));
    });
  }

  blocks = [];
  text = '';
  ended = false;
  wake = () => {};

  take(text) {
    this.text += text;
    for (let end = this.text.indexOf('\n\n'); end >= 0; end = this.text.indexOf('\n\n')) {
      this.blocks.push(this.text.slice(0, end));
      this.text = this.text.slice(end + 2);
    }
    this.wake();
  }

  finish() {
    this.ended = true;
    this.wake();
  }

  /** The next block, or undefined at the end of the stream; fails after the patience. */
  async next(patienceMs = 5000) {
    const deadline = Date.now() + patienceMs;
    while (this.blocks.length === 0) {
      if (this.ended) return undefined;
      if (Date.now() > deadline) throw new Error(`nothing came within ${patienceMs} ms`);
      await Promise.race([new Promise((resolve) => (this.wake = resolve)), new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    return this.blocks.shift();
  }

  /** The next block with data: {data, id}, data still as text. */
  async data(patienceMs) {
    for (;;) {
      const block = await this.next(patienceMs);
      if (block === undefined) return undefined;
      const lines = block.split('\n');
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
      const id = lines.find((line) => line.startsWith('id: '))?.slice(4);
      if (data.length > 0) return { data: data.join('\n'), id };
    }
  }

  async json(patienceMs) {
    const frame = await this.data(patienceMs);
    return frame && JSON.parse(frame.data);
  }

  /** Asserts that nothing with data comes for a while. */
  async silent(ms = 300) {
    await assert.rejects(this.data(ms), /nothing came/);
  }

  close() {
    this.closing = true;
    this.request.destroy();
  }
}

/** A request whose body is written piece by piece. */
export function openPost(broker, path, headers = {}) {
  const [host, port] = broker.http.split(':');
  const request = http.request({ host, port, path, method: 'POST', headers: { 'content-type': 'application/x-ndjson', ...headers } });
  const answer = new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, text, json: JSON.parse(text) }));
    });
  });
  return { write: (bytes) => request.write(bytes), end: () => request.end(), destroy: () => request.destroy(), answer };
}

/** A GET with these headers and no others: fetch() would ask for the whole answer wherever If-None-Match is. */
export function plainGet(broker, path, headers = {}) {
  const [host, port] = broker.http.split(':');
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, path, headers }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
  });
}

export const isUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An OTLP/JSON export of spans: {traceId, spanId, name, …} with attributes as an object of texts. */
export function exportOf(spans, resource = { 'service.name': 'svc' }) {
  const attributes = (map = {}) => Object.entries(map).map(([key, value]) => ({ key, value: { stringValue: value } }));
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes(resource) },
        scopeSpans: [
          {
            spans: spans.map((span) => ({
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000000500000000',
              kind: 1,
              name: 'span',
              ...span,
              attributes: attributes(span.attributes),
            })),
          },
        ],
      },
    ],
  };
}
