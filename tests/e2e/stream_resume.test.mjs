// Goal: a subscriber that is cut off at random, with the broker killed and restarted in between, sees every matching item
// exactly once and in order.
// Method: writers note what was acknowledged; a reader leaves after a random number of frames and comes back with the last id it
// saw; the broker is killed several times. At the end what the reader saw must be the acknowledged items, once each.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { Broker, readStream } from './harness.mjs';

const session = 's-resume';

function request(names) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = names.map((name) => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 1000n),
    attributes: [{ key: 'session.id', value: { stringValue: name.startsWith('other') ? 's-other' : session } }],
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

class Writer {
  constructor(broker) {
    this.broker = broker;
    this.acked = [];
    this.unanswered = new Set();
    this.next = 0;
    this.running = true;
  }

  async run() {
    while (this.running) {
      const names = Array.from({ length: 1 + (this.next % 5) }, () => `${this.next % 3 === 0 ? 'other' : 'mine'}-${this.next++}`);
      try {
        const response = await fetch(`http://${this.broker.otlp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: request(names),
        });
        if (response.status === 200) this.acked.push(...names);
        else names.forEach((name) => this.unanswered.add(name));
        await response.arrayBuffer();
      } catch {
        names.forEach((name) => this.unanswered.add(name));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

class Reader {
  constructor(broker, query) {
    this.broker = broker;
    this.query = query;
    this.seen = [];
    this.lastId = null;
    this.running = true;
    this.head = null;
  }

  async run() {
    while (this.running) {
      let left = 1 + Math.floor(Math.random() * 200);
      try {
        await readStream(
          this.broker.url(`/v1/stream?topics=span&snapshot=false&since=start${this.query}`),
          (frame) => {
            if (frame.id) this.lastId = frame.id;
            if (frame.event === 'span') this.seen.push(JSON.parse(frame.data).name);
            assert.notEqual(frame.event, 'gap');
            if (frame.event === 'sync') this.head = JSON.parse(frame.data).head;
            return this.running && --left > 0;
          },
          this.lastId ? { 'last-event-id': this.lastId } : {},
        );
      } catch (failure) {
        if (failure.code === 'ERR_ASSERTION') throw failure;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

test('exactly once and in order across cuts and restarts', { timeout: 120_000 }, async () => {
  const broker = await Broker.start();
  const writer = new Writer(broker);
  const all = new Reader(broker, '');
  const mine = new Reader(broker, `&session=${session}`);
  const work = [writer.run(), all.run(), mine.run()];
  try {
    for (let kill = 0; kill < 6; ++kill) {
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 700));
      await broker.end('SIGKILL');
      await broker.launch();
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    writer.running = false;
    await work[0];
    // One more item marks the end of what must arrive.
    writer.acked.push('mine-last');
    await fetch(`http://${broker.otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request(['mine-last']),
    });
    for (let wait = 0; wait < 200 && !(all.seen.includes('mine-last') && mine.seen.includes('mine-last')); ++wait) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    all.running = mine.running = false;
    await Promise.all(work);

    assert.ok(writer.acked.length > 100, `only ${writer.acked.length} items were acknowledged`);
    assert.equal(new Set(all.seen).size, all.seen.length, 'an item came twice');
    const seen = new Set(all.seen);
    assert.deepEqual(writer.acked.filter((name) => !seen.has(name)), [], 'acknowledged items are missing');
    assert.deepEqual([...seen].filter((name) => !writer.unanswered.has(name) && !writer.acked.includes(name)), []);
    assert.deepEqual(mine.seen, all.seen.filter((name) => name.startsWith('mine')), 'the filtered stream differs');
    const acked = new Set(writer.acked);
    assert.deepEqual(all.seen.filter((name) => acked.has(name)), writer.acked, 'the order differs from that of acknowledgement');
  } finally {
    all.running = mine.running = writer.running = false;
    await broker.stop();
  }
});
