// Cancel, timeout and deletion act within a second, and the call to the model or the tool is really aborted: its server sees the
// connection close before the second is over that it would take to answer.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { after, before, describe, test } from 'node:test';

import { World, completed, httpTool, openai } from './controller_harness.mjs';

const script = `
rules:
  - name: call
    when: {tool_results: none, tools: slow}
    reply: {calls: [{name: slow, arguments: {word: now}}]}
  - {name: rest, reply: done}
`;

describe('what is stopped', () => {
  let world;
  const calls = new EventEmitter();

  before(async () => {
    world = await World.start(script, ['--no-model-probes']);  // each call is one of a run's
    const url = await world.serve((request, response, body) => {
      const name = request.url.startsWith('/tool') ? 'tool' : JSON.parse(body).model;
      if (name === 'talks') {  // a stream that begins and does not end
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const choices = [{ index: 0, delta: { role: 'assistant', content: 'Well' } }];
        response.write(`data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', model: 'm', choices })}\n\n`);
      }
      let over = false;
      // A second from when somebody wants it to end: whoever is slower than that is told "answered".
      calls.once(`stop ${name}`, () => setTimeout(() => over || calls.emit(`end ${name}`, (over = 'answered')), 1000));
      response.once('close', () => over || calls.emit(`end ${name}`, (over = 'aborted')));
      calls.emit(`begun ${name}`);
    });
    for (const name of ['silent', 'talks'])
      await world.create('Model', name, { ...openai(`${url}/v1`), model: { value: name } });
    await world.create('Tool', 'slow', httpTool(`${url}/tool`, '1m'));
    await world.create('Agent', 'handy', { prompt: 'x', tools: [{ type: 'custom', name: 'slow' }] });
  });
  after(() => world.stop());

  const targets = [
    ['silent', 'a model that says nothing', { type: 'model', name: 'silent' }, 'LLMCallCanceled'],
    ['talks', 'a model that talks', { type: 'model', name: 'talks' }, 'LLMCallCanceled'],
    ['tool', 'a tool', { type: 'agent', name: 'handy' }, 'ToolCallCanceled'],
  ];
  for (const [server, what, target, reason] of targets) {
    test(`cancel aborts the call of ${what}`, async () => {
      const begun = once(calls, `begun ${server}`);
      const ended = once(calls, `end ${server}`);
      const name = `cancel-${server}`;
      await world.create('Query', name, { input: 'go', target });
      await begun;
      calls.emit(`stop ${server}`);
      await world.patch('Query', name, { spec: { cancel: true } });
      assert.deepEqual(await ended, ['aborted']);
      const query = await world.end(name);
      assert.equal(query.status.phase, 'canceled');
      assert.equal(completed(query).reason, 'QueryCanceled');
      const { reasons } = await world.told(query);
      assert.ok(reasons.includes(reason) && reasons.includes('QueryExecutionCanceled'), reasons.join());
    });

    test(`a timeout aborts the call of ${what}`, async () => {
      const begun = once(calls, `begun ${server}`);
      const ended = once(calls, `end ${server}`);
      const name = `timeout-${server}`;
      await world.create('Query', name, { input: 'go', target, timeout: '700ms' });
      await begun;
      calls.emit(`stop ${server}`);  // the timeout is yet to come: less than the second
      assert.deepEqual(await ended, ['aborted']);
      const query = await world.end(name);
      assert.equal(query.status.phase, 'error');
      assert.match(query.status.response.content, /timeout/);
      const { events } = await world.told(query);
      assert.match(JSON.stringify(events.find((event) => event.reason === 'QueryExecutionError')), /"timeout"/);
    });

    test(`deletion aborts the call of ${what}`, async () => {
      const begun = once(calls, `begun ${server}`);
      const ended = once(calls, `end ${server}`);
      const name = `delete-${server}`;
      await world.create('Query', name, { input: 'go', target });
      await begun;
      calls.emit(`stop ${server}`);
      await world.request('DELETE', `/apis/ark.mckinsey.com/v1alpha1/namespaces/default/queries/${name}`);
      assert.deepEqual(await ended, ['aborted']);
    });
  }
});
