// Goal: the official SDK's client gets on with our agents: cards, answers, streams, questions, cancel; over kill -9 too.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Role, TaskState } from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions, DefaultAgentCardResolver, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { ControllerWithModel } from './controller.mjs';

const script = `
rules:
  - when: {user: slow}
    reply: late
    pace: {first: 20s}
  - when: {user: buy, turn: 0}
    reply: {calls: [{name: noop, arguments: {message: bought}}]}
  - when: {user: buy, tool_results: any}
    reply: "The shop said: {{tool}}"
  - when: {user: recite}
    reply: "one two three four five six seven eight nine ten"
    pace: {first: 20ms, piece: 30ms}
  - reply: "You said: {{user}}"
`;
const extension = 'https://github.com/mckinsey/agents-at-scale-ark/tree/main/ark/api/extensions/query/v1';

const message = (text, more = {}) => ({ tenant: '', metadata: undefined, configuration: undefined, message: {
  messageId: randomUUID(), role: Role.ROLE_USER, parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '',
    mediaType: 'text/plain' }], contextId: '', taskId: '', extensions: [], metadata: undefined, referenceTaskIds: [], ...more } });
const answerOf = (task) => task.artifacts[0].parts[0].content.value;

describe('our agents over A2A', () => {
  let controller;
  let card;

  const connect = (preferOld) => {
    const compat = { legacyCompat: { enabled: true } };
    const factory = new ClientFactory({ ...ClientFactoryOptions.default, transports: [new JsonRpcTransportFactory(compat)],
      cardResolver: new DefaultAgentCardResolver(compat) });
    const wanted = card.supportedInterfaces.filter((each) => each.protocolVersion === (preferOld ? '0.3' : '1.0'));
    return factory.createFromAgentCard({ ...card, supportedInterfaces: wanted });
  };
  const address = (name) => `${controller.url}/a2a/namespaces/default/agents/${name}`;

  before(async () => {
    controller = await ControllerWithModel.start(script);
    await controller.apply(`
apiVersion: ark.mckinsey.com/v1alpha1
kind: Agent
metadata: {name: clerk}
spec: {prompt: You answer., description: Answers, tools: [{type: built-in, name: noop, approval: {required: true}}]}
`);
    const resolver = new DefaultAgentCardResolver();
    card = await resolver.resolve(`${address('clerk')}/`, '.well-known/agent-card.json');
  });
  after(() => controller.stop());

  test('the card says who answers', () => {
    assert.equal(card.name, 'clerk');
    assert.equal(card.description, 'Answers');
    assert.equal(card.capabilities.streaming, true);
  });

  for (const [version, old] of [['1.0', false], ['0.3', true]]) {
    test(`answers, ${version}`, async () => {
      const client = await connect(old);
      const sent = message('hello');
      const task = await client.sendMessage(sent);
      assert.equal(task.status.state, TaskState.TASK_STATE_COMPLETED);
      assert.equal(answerOf(task), 'You said: hello');
      const again = await client.sendMessage(sent);
      assert.equal(again.id, task.id, 'the same message is the same task');
      const found = await client.getTask({ id: task.id, tenant: '', historyLength: undefined });
      assert.equal(answerOf(found), 'You said: hello');
      assert.equal((await controller.get('queries', task.id)).spec.conversationId, task.contextId);
    });

    test(`streams, ${version}`, async () => {
      const client = await connect(old);
      const kinds = [];
      let last;
      for await (const event of client.sendMessageStream(message('hello'))) {
        kinds.push(event.payload.$case);
        last = event.payload.value;
      }
      assert.equal(kinds[0], 'task');
      if (kinds.length > 1) assert.deepEqual(kinds.slice(-2), ['artifactUpdate', 'statusUpdate']);
      assert.equal(last.status.state, TaskState.TASK_STATE_COMPLETED);
    });

    test(`says its answer while it is written, ${version}`, async () => {
      const client = await connect(old);
      const pieces = [];
      const artifact = { text: '' };
      let begun;
      for await (const { payload } of client.sendMessageStream(message('recite'))) {
        if (payload.$case === 'task') begun = Date.now();
        if (payload.$case !== 'artifactUpdate') continue;
        const { append, lastChunk, artifact: { parts } } = payload.value;
        const text = parts.map((part) => part.content.value).join('');
        artifact.text = append ? artifact.text + text : text;
        pieces.push({ at: Date.now() - begun, append, lastChunk, text: artifact.text });
      }
      const written = pieces.filter((piece) => !piece.lastChunk);
      assert.ok(written.length > 3, JSON.stringify(pieces));
      assert.ok(written.at(-1).at - written[0].at > 100, 'as it comes, not at the end');
      assert.equal(written[0].append, false);
      assert.ok(written.slice(1).every((piece) => piece.append));
      assert.equal(written.at(-1).text, 'one two three four five six seven eight nine ten');
      assert.deepEqual([pieces.at(-1).lastChunk, pieces.at(-1).text], [true, written.at(-1).text]);
    });

    test(`asks, and goes on with the answer over kill -9, ${version}`, async () => {
      let client = await connect(old);
      const asked = await client.sendMessage(message('buy it'));
      assert.equal(asked.status.state, TaskState.TASK_STATE_INPUT_REQUIRED);
      assert.match(asked.status.message.parts[0].content.value, /clerk wants to call noop/);
      await controller.kill();
      await controller.launch();
      card = await new DefaultAgentCardResolver().resolve(`${address('clerk')}/`, '.well-known/agent-card.json');
      client = await connect(old);
      const done = await client.sendMessage(message('approved', { taskId: asked.id, contextId: asked.contextId }));
      assert.equal(done.id, asked.id);
      assert.equal(done.status.state, TaskState.TASK_STATE_COMPLETED);
      assert.match(answerOf(done), /bought/);
      await assert.rejects(() => client.sendMessage(message('more', { taskId: asked.id, contextId: asked.contextId })));
    });

    test(`is canceled, ${version}`, async () => {
      const client = await connect(old);
      const task = await client.sendMessage({ ...message('slow'), configuration: { acceptedOutputModes: [], returnImmediately: true,
        historyLength: undefined, taskPushNotificationConfig: undefined } });
      assert.ok([TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING].includes(task.status.state));
      const begun = Date.now();
      const canceled = await client.cancelTask({ id: task.id, tenant: '', metadata: undefined });
      assert.equal(canceled.status.state, TaskState.TASK_STATE_CANCELED);
      assert.ok(Date.now() - begun < 1000);
    });
  }

  test('lists its tasks, the newest first, page by page', async () => {
    const client = await connect(false);
    const contextId = `c-${randomUUID()}`;
    const sent = [];
    for (const text of ['a', 'b', 'c']) sent.push((await client.sendMessage(message(text, { contextId }))).id);
    const list = async (more) => {
      const body = { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: { contextId, ...more } };
      const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
      return (await fetch(address('clerk'), { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    const { result: whole } = await list({});
    assert.deepEqual(whole.tasks.map((task) => task.id).sort(), sent.sort());
    assert.equal(whole.totalSize, 3);
    assert.equal(whole.nextPageToken, '');
    assert.equal(whole.tasks[0].artifacts, undefined);
    const { result: first } = await list({ pageSize: 2, includeArtifacts: true, historyLength: 0 });
    assert.equal(first.tasks.length, 2);
    assert.match(first.tasks[0].artifacts[0].parts[0].text, /^You said: [abc]$/);
    assert.equal(first.tasks[0].history, undefined);
    const { result: rest } = await list({ pageSize: 2, pageToken: first.nextPageToken });
    assert.deepEqual([...first.tasks, ...rest.tasks].map((task) => task.id), whole.tasks.map((task) => task.id));
    assert.equal((await list({ status: 'TASK_STATE_FAILED' })).result.totalSize, 0);
    assert.equal((await list({ pageSize: 1000 })).error.code, -32602);
  });

  test('an unknown agent and an unknown task are refused', async () => {
    assert.equal((await fetch(`${address('nobody')}/.well-known/agent-card.json`)).status, 404);
    const client = await connect(false);
    await assert.rejects(() => client.getTask({ id: 'nothing', tenant: '', historyLength: undefined }));
  });

  test('at the root it is an engine of the reference: told a query, it answers with what was spent', async () => {
    const name = await controller.ask('agent/clerk', 'hello');
    const body = { jsonrpc: '2.0', id: '1', method: 'message/send', params: { configuration: { acceptedOutputModes: null, blocking: true },
      message: { kind: 'message', role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'hello' }], extensions: [extension],
        metadata: { [`${extension}/ref`]: { name, namespace: 'default' } } } } };
    const response = await fetch(`${controller.url}/`, { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body) });
    const { result } = await response.json();
    assert.equal(result.kind, 'message');
    assert.equal(result.parts[0].text, 'You said: hello');
    const told = result.metadata[`${extension}/ref`];
    assert.ok(told.tokenUsage.total_tokens > 0);
    assert.ok(Array.isArray(told.messages));
  });

  test("a caller's trace and session go on", async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const body = { jsonrpc: '2.0', id: '1', method: 'message/send', params: { message: { kind: 'message', role: 'user', messageId: 'traced',
      parts: [{ kind: 'text', text: 'hello' }] } } };
    const response = await fetch(address('clerk'), { method: 'POST', headers: { 'content-type': 'application/json',
      traceparent: `00-${trace}-b7ad6b7169203331-01`, baggage: 'ark.session.id=s-42' }, body: JSON.stringify(body) });
    const { result } = await response.json();
    const query = await controller.get('queries', result.id);
    assert.equal(query.spec.sessionId, 's-42');
    assert.equal(query.metadata.annotations['ark.mckinsey.com/traceparent'], `00-${trace}-b7ad6b7169203331-01`);
  });
});
