// A query that is deleted takes its messages and events at the broker along, also where the broker is away meanwhile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { World } from './controller_harness.mjs';
import { ArkProcess, runArk } from './harness.mjs';

const path = (name) => `/apis/ark.mckinsey.com/v1alpha1/namespaces/default/queries/${name}`;

let world;
before(async () => {
  world = await World.start('rules: [{reply: fine}]\n');
  await world.create('Agent', 'clerk', { prompt: 'x' });
});
after(() => world.stop());

async function kept(query) {
  const messages = await world.broker.get(`/messages?conversation_id=c-1&query_id=${query.metadata.name}`);
  const events = await world.broker.get(`/events/${query.metadata.uid}?limit=100`);
  return [messages.items.length, events.items.length];
}

async function ask(name) {
  const query = await world.ask(name, { type: 'agent', name: 'clerk' }, 'hello', { conversationId: 'c-1' });
  await world.told(query);
  return query;
}

/** At the address where it was. */
function restart(broker) {
  const listen = ['--listen', broker.http, '--otlp-listen', '127.0.0.1:0', '--grpc-listen', '127.0.0.1:0'];
  return ArkProcess.prototype.launch.call(broker, ['broker', '--data', broker.data, '--log-level', 'warn', ...listen]);
}

async function gone(name) {
  while ((await fetch(`http://${world.controller.http}${path(name)}`)).status !== 404) await delay(50);
}

test('messages and events go with their query, and nobody else\'s', async () => {
  const [first, second] = [await ask('first'), await ask('second')];
  const before = await kept(second);
  const [messages, events] = await kept(first);
  assert.equal(messages, 2);
  assert.ok(events > 4);
  const { code, out } = await runArk(['delete', 'query/first', '--controller', `http://${world.controller.http}`]);
  assert.deepEqual([code, out], [0, 'query.ark.mckinsey.com/first deleted\n']);
  await gone('first');
  assert.deepEqual(await kept(first), [0, 0]);
  assert.deepEqual(await kept(second), before);
});

test('a broker that is away is waited for, over kill -9 too', async () => {
  const query = await ask('patient');
  await world.broker.end('SIGKILL');
  const leaving = await world.request('DELETE', path('patient'));
  assert.deepEqual(leaving.metadata.finalizers, ['ark.mckinsey.com/finalizer']);
  await delay(300);
  await world.controller.end('SIGKILL');
  await world.launch();
  assert.ok((await world.query('patient')).metadata.deletionTimestamp);
  await restart(world.broker);
  await gone('patient');
  assert.deepEqual(await kept(query), [0, 0]);
});
