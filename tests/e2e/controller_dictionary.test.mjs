// Every reason of the event dictionary that the controller can cause is told by some test, and nothing is told that the dictionary
// does not have.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { World, httpTool } from './controller_harness.mjs';

const here = new URL('./', import.meta.url);
const table = readFileSync(new URL('../../src/model/dictionary_table.hpp', here), 'utf8');
const dictionary = [...table.matchAll(/\{\d+, *"([A-Za-z0-9]+)"/g)].map(([, name]) => name);

/** The controller has no cause for these: what they tell of does not happen in it, or others tell it. */
const ofOthers = [
  /^Evaluation/, /^Executor/, /^ModelResolve/,  // the broker's; engines of others; a resolution is no step of ours
  /^(SelectorAgentResponse|TeamMemberFailed|ValidationError)$/,  // said by ParticipantSelected, TeamMemberError, QueryExecutionError
  /^QueryParameter/,  // QueryExecutionError says it
  // Kubernetes Events on resources that are not queries, from the reference's reconcilers.
  /^(ModelUnavailable|ModelProbe|ModelNot|DependencyUnavailable|Address|Authorization|Token|TeamCreated|StatusChanged)/,
  /^(Agent(Created|Deleted|Discovery|CreationFailed|DeletionFailed)|Tool(Discovery|NotFound|Listing|Creation)|ClientCreationFailed)/,
  /^A2A(?!Call)/,
  // Told only where a peer, a memory or a person takes part: their own tests start those.
  /^(A2ACall|Memory|Question|TaskPollingFailed)/,
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

test('nothing of the dictionary is left out', () => {
  // Families that have tests of their own, with peers that this one does not start: a test file names each reason.
  const folders = [here, ...['agents', 'runs', 'teams'].map((name) => new URL(`../../src/${name}/`, here))];
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)));
  const others = files.filter(({ pathname }) => /(\.test\.mjs|_test\.cpp)$/.test(pathname) && !pathname.includes('dictionary'));
  const words = others.map((file) => readFileSync(file, 'utf8')).join('\n');
  const missing = dictionary.filter(
    (name) => !told.has(name) && !ofOthers.some((pattern) => pattern.test(name)) && !words.includes(name));
  assert.deepEqual(missing, []);
});
