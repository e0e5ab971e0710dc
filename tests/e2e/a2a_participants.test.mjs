// Goal: an agent built with the official SDK takes part in queries: as target, as member, as tool; asks, fails, is canceled.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startAgent } from './a2a_agent.mjs';
import { ControllerWithModel } from './controller.mjs';
import { Broker } from './harness.mjs';

const script = `
rules:
  - when: {system: boss, turn: 0}
    reply: {calls: [{name: parrot, arguments: {input: "{{user}}"}}]}
  - when: {system: boss, tool_results: any}
    reply: "It told me: {{tool.parrot}}"
`;
const extension = 'https://github.com/mckinsey/agents-at-scale-ark/tree/main/ark/api/extensions/query/v1';

/** An execution engine as the reference's: told the query, answers with what it spent. */
async function startEngine() {
  const seen = [];
  const server = createServer(async (request, response) => {
    const url = `http://127.0.0.1:${server.address().port}`;
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') {
      response.end(JSON.stringify({ name: 'engine', description: '', version: '1', protocolVersion: '0.3.0', url, skills: [],
        capabilities: { streaming: false, extensions: [{ uri: extension, required: false }] } }));
      return;
    }
    let body = '';
    for await (const piece of request) body += piece;
    const call = JSON.parse(body);
    seen.push({ call, headers: request.headers });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: { kind: 'message', role: 'agent', messageId: 'm', contextId: 'c-9',
      parts: [{ kind: 'text', text: 'High tide: 14:05.' }],
      metadata: { [`${extension}/ref`]: { conversationId: 'c-9',
        tokenUsage: { prompt_tokens: 210, completion_tokens: 18, total_tokens: 228, cached_tokens: 0 } } } } }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, seen, stop: () => server.close() };
}

describe('A2A agents', () => {
  let broker;
  let controller;
  let agent;
  let engine;

  before(async () => {
    agent = await startAgent();
    engine = await startEngine();
    broker = await Broker.start();
    controller = await ControllerWithModel.start(script, ['--broker', broker.url('')]);
    const remote = (name, server) => `
apiVersion: ark.mckinsey.com/v1prealpha1
kind: A2AServer
metadata: {name: ${server.name}}
spec: {address: {value: "${server.url}"}}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Agent
metadata: {name: ${name}, annotations: {ark.mckinsey.com/a2a-server-name: ${server.name}}}
spec: {executionEngine: {name: a2a}, description: Says it again}
---`;
    const zoo = remote('parrot', { name: 'zoo', url: agent.url });
    const museum = remote('oldie', { name: 'museum', url: `${agent.url}/old` });
    await controller.apply(`${zoo}${museum}
apiVersion: ark.mckinsey.com/v1alpha1
kind: Tool
metadata: {name: parrot}
spec: {type: agent, agent: {name: parrot}}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Agent
metadata: {name: boss}
spec: {prompt: You are the boss., tools: [{type: agent, name: parrot}]}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Team
metadata: {name: flock}
spec: {strategy: sequential, members: [{name: parrot, type: agent}, {name: oldie, type: agent}]}
---
apiVersion: ark.mckinsey.com/v1prealpha1
kind: ExecutionEngine
metadata: {name: crew}
spec: {address: {value: "${engine.url}"}}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Agent
metadata: {name: sailor}
spec: {executionEngine: {name: crew}, prompt: You sail.}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Team
metadata: {name: mixed}
spec: {strategy: sequential, members: [{name: sailor, type: agent}]}
`);
  });
  after(async () => {
    await controller.stop();
    agent.stop();
    engine.stop();
    await broker.stop();
  });

  for (const name of ['parrot', 'oldie']) {
    test(`${name} answers as the target`, async () => {
      const query = await controller.phase(await controller.ask(`agent/${name}`, 'hello'), 'done');
      assert.equal(query.status.response.content, 'You said: hello');
      const { taskId, contextId } = query.status.response.a2a;
      assert.ok(contextId);
      const task = await controller.get('a2atasks', `a2a-task-${taskId}`);
      assert.equal(task.status.phase, 'completed');
      assert.equal(task.spec.contextId, contextId);
      assert.equal(task.status.conditions[0].reason, 'TaskCompleted');
    });
  }

  test('is a tool of another agent', async () => {
    const query = await controller.phase(await controller.ask('agent/boss', 'hello'), 'done');
    assert.equal(query.status.response.content, 'It told me: You said: hello');
  });

  test('is a member of a team, and hears what the others said', async () => {
    const query = await controller.phase(await controller.ask('team/flock', 'hello'), 'done');
    assert.match(query.status.response.content, /You said: (.|\n)*parrot: You said: hello(.|\n)*hello/);
  });

  test('a failed task is the query\'s error', async () => {
    const query = await controller.phase(await controller.ask('agent/parrot', 'fail'), 'error');
    assert.match(query.status.response.content, /failed: as you wish/);
    await assert.rejects(() => controller.phase(query.metadata.name, 'done'));
  });

  test('asks a person over kill -9, and goes on with the same task', async () => {
    const name = await controller.ask('agent/parrot', 'ask');
    const waiting = await controller.phase(name, 'input-required');
    const [question] = waiting.status.questions;
    assert.equal(question.type, 'input');
    assert.equal(question.message, 'Which one?');
    assert.equal((await controller.get('a2atasks', question.task)).status.phase, 'input-required');
    await controller.kill();
    await controller.launch();
    const said = await controller.ark('answer', name, 'the blue one');
    assert.equal(said.code, 0, said.err);
    const done = await controller.phase(name, 'done');
    assert.equal(done.status.response.content, 'You said: the blue one');
    assert.equal(`a2a-task-${done.status.response.a2a.taskId}`, question.task);
  });

  /** The A2ATask of a query, once it works. */
  const workingTask = async (query) => {
    for (let i = 0; i < 200; ++i) {
      const list = await controller.get('a2atasks', '');
      const task = list.items.find((each) => each.spec.queryRef.name === query && each.status?.phase === 'running');
      if (task) return task;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('no task');
  };

  test('killed while the agent works, the next process follows its task and sends nothing twice', async () => {
    const name = await controller.ask('agent/parrot', 'slow one');
    const task = await workingTask(name);
    await controller.kill();
    await controller.launch();
    const done = await controller.phase(name, 'done');
    assert.equal(done.status.response.content, 'You said: slow one');
    assert.equal(done.status.response.a2a.taskId, task.spec.taskId);
    assert.equal(agent.parrot.heard.filter((said) => said === 'slow one').length, 1);
  });

  test('a canceled query cancels its task, within a second', async () => {
    const name = await controller.ask('agent/parrot', 'slow two');
    const task = await workingTask(name);
    const begun = Date.now();
    await controller.ark('query', 'cancel', name);
    await controller.phase(name, 'canceled');
    assert.ok(Date.now() - begun < 1500);
    assert.deepEqual(agent.parrot.canceled, [task.spec.taskId]);
    assert.equal((await controller.get('a2atasks', task.metadata.name)).status.phase, 'cancelled');
  });

  test('all of it is told, in one trace a query', async () => {
    const name = await controller.ask('agent/parrot', 'ask');
    await controller.phase(name, 'input-required');
    await controller.ark('answer', name, 'blue');
    const query = await controller.phase(name, 'done');
    let events = [];
    for (let i = 0; i < 100 && !events.some((each) => each.reason === 'QueryExecutionComplete'); ++i) {
      events = (await broker.get(`/v1/events?query=${query.metadata.uid}&limit=200`)).items;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const reasons = events.map((each) => each.reason);
    for (const reason of ['A2ACallStart', 'A2ACallComplete', 'QuestionAsked', 'QuestionAnswered', 'AgentExecutionComplete'])
      assert.ok(reasons.includes(reason), `${reason} is not among ${reasons}`);
    assert.equal(new Set(events.map((each) => each.trace_id ?? each.traceId)).size, 1);
  });

  test('an execution engine is told the query, and says what it spent', async () => {
    const name = await controller.ask('agent/sailor', 'When is high tide?');
    const query = await controller.phase(name, 'done');
    assert.equal(query.status.response.content, 'High tide: 14:05.');
    assert.equal(query.status.tokenUsage.totalTokens, 228);
    const { call, headers } = engine.seen.at(-1);
    assert.equal(call.method, 'message/send');
    assert.equal(call.params.configuration.blocking, true);
    assert.deepEqual(call.params.message.metadata[`${extension}/ref`], { name, namespace: 'default' });
    assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.match(headers.baggage, /ark\.session\.id=/);
  });

  test('as a member it is refused in words', async () => {
    const query = await controller.phase(await controller.ask('team/mixed', 'hello'), 'error');
    assert.match(query.status.response.content, /engine crew answers queries that are for it/);
  });
});
