// Bad input, bad peers: each is a clear condition of the query, with event and span; the process stays well, and nothing of what
// users wrote or keep secret is in our own log.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { World, completed, httpTool, openai } from './controller_harness.mjs';

const script = `
rules:
  - {name: always-500, when: {user: broken}, error: {status: 500}}
  - {name: always-429, when: {user: overrun}, error: {status: 429, retry_after: 50ms}}
  - {name: once-429, when: {user: busy}, times: 1, error: {status: 429, retry_after: 100ms}}
  - {name: cut, when: {user: cut off}, cut_after: 2, reply: This sentence will never be heard to its end.}
${['hang', 'big', 'nearly', 'invented'].map((name) => `  - name: call-${name}
    when: {user: "=call ${name}", tool_results: none}
    reply: {calls: [{name: ${name}, arguments: {word: now}}]}`).join('\n')}
  - name: wrong-arguments
    when: {user: "=misuse fine", tool_results: none}
    reply: {calls: [{name: fine, arguments: {words: 7}}]}
  - name: long
    when: {user: run long, tool_results: none}
    reply: {calls: [{name: slow-peer, arguments: {duration: 30, steps: 2}}]}
  - {name: heard, when: {tool_results: any}, reply: 'The tool said something.'}
  - {name: echo, reply: 'You said: {{user}}'}
`;

/** What users wrote or keep secret: must not be found in our log. */
const confidential = 'the-heron-flies-at-dawn';
const secret = 'sk-very-secret-4711';

describe('what goes wrong', { concurrency: false }, () => {
  let world;
  const agent = { type: 'agent', name: 'clerk' };
  const tools = ['hang', 'big', 'fine'];

  before(async () => {
    world = await World.start(script, ['--log-level', 'debug']);
    const url = await world.serve((request, response) => {
      if (request.url === '/hang') return;
      if (request.url === '/big') return response.end('x'.repeat(11 << 20));
      if (request.url === '/nearly') return response.end('y'.repeat(9 << 20));
      response.end('fine');
    });
    for (const name of tools) await world.create('Tool', name, httpTool(`${url}/${name}`, '1s'));
    await world.create('Tool', 'nearly', httpTool(`${url}/nearly`, '20s'));
    await world.create('Agent', 'clerk', {
      prompt: `You are a clerk. ${confidential}`,
      tools: [...tools, 'nearly'].map((name) => ({ type: 'custom', name })),
    });
  });
  after(() => world.stop());

  /** The run ended in an error that says `what`; event and span say so too. */
  async function failed(query, what, span, reason) {
    assert.equal(query.status.phase, 'error', JSON.stringify(query.status));
    const condition = completed(query);
    assert.equal(condition.status, 'True');
    assert.equal(condition.reason, 'QueryErrored');
    assert.match(condition.message, what);
    assert.match(query.status.response.content, what);
    const { events, spans, reasons } = await world.told(query);
    assert.ok(reasons.includes('QueryExecutionError'), reasons.join());
    assert.match(JSON.stringify(events.find((event) => event.reason === 'QueryExecutionError')), what);
    const wrong = spans.find((one) => one.name.startsWith(span));
    assert.equal(wrong.status, 'error', JSON.stringify(wrong));
    if (reason) assert.ok(reasons.includes(reason), reasons.join());
    return { events, spans, reasons };
  }
  /** The model read the tool's error, and the run went on. */
  async function toolFailed(query, what, errorType) {
    assert.equal(query.status.phase, 'done', JSON.stringify(query.status));
    const { events, spans } = await world.told(query);
    const event = events.find((one) => one.reason === 'ToolCallError');
    assert.ok(event, 'no ToolCallError');
    assert.match(JSON.stringify(event), what);
    if (errorType) assert.match(JSON.stringify(event), new RegExp(`"${errorType}"`));
    assert.equal(spans.find((one) => one.name.startsWith('tool.')).status, 'error');
    assert.match(query.status.response.raw, /error: /);
  }

  test('an unknown target is refused with its place; one that a selector does not find ends the query', async () => {
    await assert.rejects(world.ask('nobody', { type: 'agent', name: 'nobody' }, confidential), /422.*spec\.target/s);
    await world.create('Query', 'none', { input: confidential, selector: { matchLabels: { app: 'none' } } });
    await failed(await world.end('none'), /no agent, team, model or tool matches/, 'query.');
  });

  test('a Secret that is gone is named, its key too, no value', async () => {
    await world.secret('keys', 'token', secret);
    const key = { valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } };
    await world.create('Model', 'locked', openai(`http://${world.model.http}/v1`, key));
    await world.create('Agent', 'locked', { prompt: 'x', modelRef: { name: 'locked' } });
    const well = await world.ask('unlocked', { type: 'agent', name: 'locked' }, confidential);
    assert.equal(well.status.phase, 'done');
    await world.request('DELETE', '/api/v1/namespaces/default/secrets/keys');
    const query = await world.ask('locked', { type: 'agent', name: 'locked' }, confidential);
    await failed(query, /Secret.*keys/, 'target.', 'TargetExecutionError');
  });

  test('a template that cannot be read, or lacks a parameter', async () => {
    const parameters = [{ name: 'port', value: 'Dover' }];
    await failed(await world.ask('open', agent, `${confidential} {{.port`, { parameters }), /input/, 'query.');
    await failed(await world.ask('lacking', agent, `${confidential} {{.ship}}`, { parameters }), /ship/, 'query.');
  });

  test('a model that is down', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await world.create('Model', 'down', openai(`http://127.0.0.1:${port}/v1`));
    const query = await world.ask('down', { type: 'model', name: 'down' }, confidential);
    await failed(query, /model down/, 'llm.', 'LLMCallError');
  });

  test('a model that answers 500, and one that answers 429 for good', async () => {
    await failed(await world.ask('broken', agent, 'broken'), /500/, 'llm.', 'LLMCallError');
    const { events } = await failed(await world.ask('overrun', agent, 'overrun'), /429/, 'llm.', 'LLMCallError');
    assert.match(JSON.stringify(events.find((event) => event.reason === 'LLMCallError')), /"rate_limit"/);
  });

  test('a 429 with Retry-After is waited for, and told', async () => {
    const query = await world.ask('busy', agent, 'busy');
    assert.equal(query.status.phase, 'done');
    const { reasons } = await world.told(query);
    assert.ok(reasons.includes('RateLimitExceeded'), reasons.join());
  });

  test('a model whose stream is cut off', async () => {
    await failed(await world.ask('cut', agent, 'cut off'), /model default/, 'llm.', 'LLMCallError');
  });

  test('a tool that hangs', async () => {
    await toolFailed(await world.ask('hanging', agent, 'call hang'), /deadline|timeout/, 'timeout');
  });

  test('a tool result beyond 10 MiB, and one below', async () => {
    await toolFailed(await world.ask('big', agent, 'call big'), /too large|10485760|MiB|bytes/i, 'too_large');
    const query = await world.ask('nearly', agent, 'call nearly');
    assert.ok(['done', 'error'].includes(query.status.phase));
    if (query.status.phase === 'error') await failed(query, /model default/, 'llm.', 'LLMCallError');
  });

  test('arguments that do not fit the schema, and a tool that does not exist', async () => {
    await toolFailed(await world.ask('misuse', agent, 'misuse fine'), /word/);
    await toolFailed(await world.ask('invented', agent, 'call invented'), /no tool named invented/, 'not_found');
  });

  test('teams and agents that take part in themselves', async () => {
    const member = (name, type) => ({ strategy: 'sequential', members: [{ name, type }] });
    await world.create('Team', 'a', member('clerk', 'agent'));
    await world.create('Team', 'b', member('a', 'team'));
    const closed = await world.patch('Team', 'a', { spec: member('b', 'team') }).then(() => true, (error) => error);
    if (closed === true) {
      await failed(await world.ask('cycle', { type: 'team', name: 'a' }, confidential), /take part in itself/, 'target.');
    } else {
      assert.match(closed.message, /422.*spec\.members/s);
    }
  });

  test('an MCP server that dies within a call', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    const entry = new URL('./node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url).pathname;
    const env = { ...process.env, PORT: port };
    const peer = spawn(process.execPath, [entry, 'streamableHttp'], { stdio: ['ignore', 'ignore', 'pipe'], env });
    await new Promise((resolve) => peer.stderr.on('data', (text) => /on port/.test(text) && resolve()));
    await world.create('MCPServer', 'everything', { transport: 'http', address: { value: `http://127.0.0.1:${port}/mcp` } });
    await world.create('Tool', 'slow-peer', {
      type: 'mcp',
      description: 'Takes long.',
      inputSchema: { type: 'object', properties: { duration: { type: 'number' }, steps: { type: 'number' } } },
      mcp: { mcpServerRef: { name: 'everything' }, toolName: 'trigger-long-running-operation' },
    });
    await world.create('Agent', 'patient', { prompt: 'x', tools: [{ type: 'custom', name: 'slow-peer' }] });
    const asked = world.ask('peer', { type: 'agent', name: 'patient' }, 'run long');
    for (let reasons = ''; !reasons.includes('ToolCallStart'); ) {
      const { items } = await world.broker.get('/v1/events?reason=ToolCallStart&tool=slow-peer&limit=1');
      reasons = items.map((item) => item.reason).join();
    }
    peer.kill('SIGKILL');
    await toolFailed(await asked, /unavailable|closed|connect/);
    // And a server that is not there when the run begins.
    await failed(await world.ask('peer-gone', { type: 'agent', name: 'patient' }, 'run long'), /MCPServer default\/everything/, 'target.');
  });

  test('the process is well, and its log holds nothing of what was said', async () => {
    const last = await world.ask('last', agent, 'all well?');
    assert.equal(last.status.response.content, 'You said: all well?');
    const health = await fetch(`http://${world.controller.http}/healthz`);
    assert.equal(health.status, 200);
    assert.equal(await world.controller.end(), 0);
    for (const word of [confidential, secret, Buffer.from(secret).toString('base64'), 'all well?', 'You are a clerk'])
      assert.ok(!world.log.includes(word), `the log holds ${word}`);
  });
});
