// Every reason of the event dictionary that the controller can cause is told by some test, and nothing is told that the dictionary
// does not have.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { World, httpTool, openai } from './controller_harness.mjs';
import { a2aAgent, mcpWithoutList, memory } from './dictionary_peers.mjs';
import { ArkProcess } from './harness.mjs';

const table = readFileSync(new URL('../../src/model/dictionary_table.hpp', import.meta.url), 'utf8');
const dictionary = [...table.matchAll(/\{\d+, *"([A-Za-z0-9]+)"/g)].map(([, name]) => name);

/** What the controller has no cause for, and why. Everything else has to be told in this file. */
const ofOthers = [
  // Judges tell these, and the broker: evaluations.test.mjs, judges.test.mjs.
  /^Evaluation/,
  // Older words of the reference for what has others now: an agent of an execution engine is called over A2A and told as A2ACall*; a
  // model is read from its resource at once, which is no step: one that is not there is ModelNotFound.
  /^Executor/, /^ModelResolve/,
  // Twelve hours after a question: remote_agent_test.cpp lets them pass.
  /^QuestionExpired$/,
  // Kubernetes Events of the reference for what ours does not do or says in one: a model that is not available is ModelProbeFailed, a
  // server that is found is said once, with what it offers (AgentDiscovery, ToolDiscovery); tokens are not refreshed. Teams are
  // made, and agents that an A2A server no longer offers go, without an Event of their own.
  /^(ModelUnavailable|TokenRejected|TeamCreated|A2ADiscoverySuccess)$/,
  /^Agent(Created|Deleted|DeletionFailed)$/,
  // Parts of one call that the reference tells apart; here it is A2ACallError, which says what happened.
  /^A2A(ClientCreate|RequestCreate|Connection|Message)Failed$/, /^A2A(BadResponse|ParseError|ResponseParseError)$/,
];

const script = `
rules:
  - {name: overrun, when: {user: overrun}, times: 1, error: {status: 429, retry_after: 20ms}}
  - {name: broken, when: {user: broken}, error: {status: 400, message: no}}
  - {name: wait, when: {user: wait}, pace: {first: 5m}, reply: late}
  - name: select
    when: {tools: select-next-speaker}
    reply: {calls: [{name: select-next-speaker, arguments: {name: talker, reason: first}}]}
${['fine', 'hang', 'nothing'].map((name) => `  - name: call-${name}
    when: {user: "=call ${name}", tool_results: none, tools: fine}
    reply: {calls: [{name: ${name}, arguments: {word: now}}]}`).join('\n')}
  - name: misfit
    when: {user: "=misfit", tool_results: none, tools: fine}
    reply: {calls: [{name: fine, arguments: {word: 5}}]}
  - name: pay
    when: {user: pay, tool_results: none, tools: fine}
    reply: {calls: [{name: fine, arguments: {word: now}}]}
  - {name: rest, reply: done}
`;

let world;
const told = new Set();
before(async () => {
  world = await World.start(script);
  const url = await world.serve((request, response) => request.url === '/hang' || response.end('fine'));
  for (const name of ['fine', 'hang']) await world.create('Tool', name, httpTool(`${url}/${name}`));
  await world.create('Agent', 'talker', { prompt: 'x', tools: ['fine', 'hang'].map((name) => ({ type: 'custom', name })) });
  await world.create('Agent', 'chief', { prompt: 'x' });
  const members = [{ name: 'talker', type: 'agent' }, { name: 'chief', type: 'agent' }];
  await world.create('Team', 'order', { strategy: 'sequential', members });
  await world.create('Team', 'rounds', { strategy: 'sequential', loops: true, maxTurns: 2, members });
  await world.create('Team', 'chosen', {
    strategy: 'selector', maxTurns: 2, members, selector: { agent: 'chief', selectorPrompt: 'Choose one of {{.Participants}}' },
  });
});
after(() => world.stop());

async function listen(query) {
  for (const reason of (await world.told(query)).reasons) {
    assert.ok(dictionary.includes(reason), `${reason} is not in the dictionary`);
    told.add(reason);
  }
}

test('runs of every kind tell what the dictionary has', async () => {
  const team = (name) => ({ type: 'team', name });
  const endings = [
    ['order', team('order'), 'call fine', 'done'], ['rounds', team('rounds'), 'go', 'done'], ['chosen', team('chosen'), 'go', 'done'],
    ['overrun', { type: 'agent', name: 'talker' }, 'overrun', 'done'], ['broken', team('order'), 'broken', 'error'],
    ['unknown', { type: 'agent', name: 'talker' }, 'call nothing', 'done'],
  ];
  for (const [name, target, input, phase] of endings) {
    const query = await world.ask(name, target, input);
    assert.equal(query.status.phase, phase, JSON.stringify(query.status));
    await listen(query);
  }
});

test('what is canceled says so at each level', async () => {
  for (const [name, input, start] of [['canceled-model', 'wait', 'LLMCallStart'], ['canceled-tool', 'call hang', 'ToolCallStart']]) {
    const { metadata } = await world.create('Query', name, { input, target: { type: 'team', name: 'order' } });
    for (let begun = []; begun.length === 0; )
      begun = (await world.broker.get(`/v1/events?reason=${start}&query=${metadata.uid}`)).items;
    await world.patch('Query', name, { spec: { cancel: true } });
    await listen(await world.end(name));
  }
});


/** Creates the Query, and waits until it is in that phase, or until that was told of it. */
async function begin(name, target, input, { phase, reason, ...spec }) {
  const { metadata } = await world.create('Query', name, { input, target, ...spec });
  for (;;) {
    const query = await world.query(name);
    if (phase && query.status?.phase === phase) return query;
    if (reason && (await world.broker.get(`/v1/events?reason=${reason}&query=${metadata.uid}`)).items.length > 0) return query;
    await delay(20);
  }
}

async function cancel(name) {
  await world.patch('Query', name, { spec: { cancel: true } });
  await listen(await world.end(name));
}

test('an A2A agent answers, fails, asks, is not there for a moment, is canceled', async () => {
  const url = await world.serve(a2aAgent());
  await world.create('A2AServer', 'peer', { address: { value: url } });
  const ofServer = (server) => ({ annotations: { 'ark.mckinsey.com/a2a-server-name': server } });
  for (const [name, server] of [['far', 'peer'], ['lost', 'nowhere']])
    await world.create('Agent', name, { executionEngine: { name: 'a2a' } }, ofServer(server));
  const far = { type: 'agent', name: 'far' };
  for (const [input, phase] of [['hello', 'done'], ['fail', 'error'], ['flaky', 'done']]) {
    const query = await world.ask(`far-${input}`, far, input);
    assert.equal(query.status.phase, phase, JSON.stringify(query.status));
    await listen(query);
  }
  await listen(await world.ask('lost', { type: 'agent', name: 'lost' }, 'hello'));
  await begin('far-wait', far, 'wait', { reason: 'A2ACallStart' });
  await cancel('far-wait');
  const asked = await begin('far-ask', far, 'ask', { phase: 'input-required' });
  await world.patch('A2ATask', asked.status.questions[0].task, { spec: { input: 'the blue one' } });
  await listen(await world.end('far-ask'));
  await begin('far-ask-2', far, 'ask', { phase: 'input-required' });
  await cancel('far-ask-2');
});

test('a tool call waits for a person who answers, is late, or is not needed any more', async () => {
  const tool = (timeout) => [{ type: 'custom', name: 'fine', approval: { required: true, timeout } }];
  await world.create('Agent', 'careful', { prompt: 'x', tools: tool('10m') });
  await world.create('Agent', 'hasty', { prompt: 'x', tools: tool('1s') });
  const careful = { type: 'agent', name: 'careful' };
  const asked = await begin('approved', careful, 'pay', { phase: 'input-required' });
  await world.patch('A2ATask', asked.status.questions[0].task, { spec: { input: '{"decision":"approved"}' } });
  await listen(await world.end('approved'));
  await begin('unneeded', careful, 'pay', { phase: 'input-required' });
  await cancel('unneeded');
  await listen(await world.ask('late', { type: 'agent', name: 'hasty' }, 'pay'));
});

test('a memory works, fails, and is left', async () => {
  const url = await world.serve(memory);
  for (const name of ['kind', 'deaf', 'mute', 'stuck-read', 'stuck-store'])
    await world.create('Memory', name, { address: { value: `${url}/${name}` } });
  const chief = { type: 'agent', name: 'chief' };
  const of = (name) => ({ memory: { name }, conversationId: 'c' });
  for (const name of ['kind', 'deaf', 'mute']) {
    const query = await world.ask(`memory-${name}`, chief, 'hello', of(name));
    assert.equal(query.status.phase, 'done', JSON.stringify(query.status));
    await listen(query);
  }
  for (const [name, reason] of [['stuck-read', 'MemoryRetrieveStart'], ['stuck-store', 'MemoryStoreStart']]) {
    await begin(`memory-${name}`, chief, 'hello', { reason, ...of(name) });
    await cancel(`memory-${name}`);
  }
});

test('what is missing or does not fit has a name', async () => {
  await world.secret('keys', 'title', 'clerk');
  const from = (valueFrom) => ({ prompt: '{{.x}}', parameters: [{ name: 'x', valueFrom }] });
  await world.create('Agent', 'parameterless', from({ queryParameterRef: { name: 'title' } }));
  await world.create('Agent', 'keyless', from({ secretKeyRef: { name: 'keys', key: 'title' } }));
  await world.create('Agent', 'modelless', { prompt: 'x', modelRef: { name: 'gone' } });
  await world.create('Agent', 'toolless', { prompt: 'x', tools: [{ type: 'custom', name: 'gone' }] });
  await world.request('DELETE', '/api/v1/namespaces/default/secrets/keys');
  for (const name of ['parameterless', 'keyless', 'modelless', 'toolless']) {
    const query = await world.ask(name, { type: 'agent', name }, 'hello');
    assert.equal(query.status.phase, 'error');
    await listen(query);
  }
  await listen(await world.ask('misfit', { type: 'agent', name: 'talker' }, 'misfit'));
});

test('servers that are looked after are told of as Kubernetes Events', { timeout: 30_000 }, async () => {
  const harbour = await ArkProcess.start(['mock-tools', '--listen', '127.0.0.1:0']);
  const listless = await world.serve(mcpWithoutList);
  const closed = await world.serve((request, response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end());
  const card = await world.serve(a2aAgent());
  const missing = { valueFrom: { serviceRef: { name: 'nowhere' } } };
  const header = [{ name: 'x', value: { valueFrom: { secretKeyRef: { name: 'nothing', key: 'x' } } } }];
  await world.create('Tool', 'taken-lookup', httpTool(card));
  await world.create('Agent', 'far-away', { prompt: 'x' });
  const at = (value) => ({ address: { value } });
  const servers = [
    ['MCPServer', 'harbour', at(`http://${harbour.http}/mcp`)], ['MCPServer', 'taken', at(`http://${harbour.http}/mcp`)],
    ['MCPServer', 'listless', at(listless)], ['MCPServer', 'closed', at(closed)], ['MCPServer', 'absent', at('http://127.0.0.1:1/')],
    ['MCPServer', 'unresolved', { address: missing }], ['MCPServer', 'keyless', { ...at(listless), headers: header }],
    ['A2AServer', 'card', at(card)], ['A2AServer', 'cardless', at(listless)], ['A2AServer', 'headless', { ...at(card), headers: header }],
  ];
  // The card's agent is called "peer": the first server of the test before has it, so this one finds it taken.
  for (const [kind, name, spec] of servers) await world.create(kind, name, spec);
  // What others need and do not have, and what changes when they do.
  await world.create('Model', 'down', openai('http://127.0.0.1:1/v1'));
  await world.create('Agent', 'lonely', { prompt: 'x', modelRef: { name: 'down' } });
  await world.create('Agent', 'stranded', { executionEngine: { name: 'a2a' } },
    { annotations: { 'ark.mckinsey.com/a2a-server-name': 'cardless' } });
  await world.create('Tool', 'nobody', { type: 'agent', agent: { name: 'nobody' } });
  await world.create('ExecutionEngine', 'crew', { address: { valueFrom: { serviceRef: { name: 'crew' } } } });
  const events = async () => (await world.request('GET', '/api/v1/namespaces/default/events')).items;
  const said = async (reason) => (await events()).some((event) => event.reason === reason);
  while (!(await said('ModelNotAvailable'))) await delay(50);
  await world.patch('Agent', 'lonely', { spec: { modelRef: { name: 'default' } } });
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'crew' }, spec: { ports: [{ port: 80 }] } };
  await world.request('POST', '/api/v1/namespaces/default/services', service);

  const wanted = ['ModelProbeFailed', 'ModelProbeSucceeded', 'ModelNotAvailable', 'StatusChanged', 'DependencyUnavailable',
    'A2AServerNotReady', 'AddressResolved', 'ToolDiscovery', 'ToolCreationFailed',
    'ToolListingFailed', 'AuthorizationRequired', 'ClientCreationFailed',
    'AddressResolutionFailed', 'AuthorizationSecretUnresolvable', 'AgentDiscovery', 'AgentDiscoveryFailed', 'AgentCreationFailed',
    'A2AHeaderResolutionFailed'];
  for (let reasons = []; !wanted.every((reason) => reasons.includes(reason)); await delay(50)) {
    reasons = (await events()).map((event) => event.reason);
    for (const reason of reasons) {
      assert.ok(dictionary.includes(reason), `${reason} is not in the dictionary`);
      told.add(reason);
    }
  }
  await harbour.stop();
});

test('nothing of the dictionary is left out', () => {
  const silent = dictionary.filter((name) => !told.has(name));
  assert.deepEqual(silent.filter((name) => !ofOthers.some((pattern) => pattern.test(name))), []);
  // What is told after all is no exception any more.
  assert.deepEqual([...told].filter((name) => ofOthers.some((pattern) => pattern.test(name))), []);
});
