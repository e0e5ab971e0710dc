// Goal: asking, as people do it: `ark up` runs the query, `ark query run` shows each step while it happens, the tools of a
// server that others wrote are discovered and called, and all of it is one trace in the broker's stream.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startAgent } from './a2a_agent.mjs';
import { arkBinary, ArkProcess, readStream, runArk } from './harness.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startEverything() {
  const port = await freePort();
  const entry = new URL('./node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, 'streamableHttp'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PORT: port },
  });
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (text) => /on port/.test(text) && resolve());
    child.once('exit', (code) => reject(new Error(`the MCP server exited with ${code}`)));
  });
  return { child, url: `http://127.0.0.1:${port}/mcp` };
}

const script = `
rules:
  - {when: {user: hang}, pace: {first: 10m}, reply: late}
  - {when: {user: fail}, error: {status: 400, message: out of order}}
  - when: {user: '/add (\\w+)/', tool_results: none}
    pace: {first: 300ms}
    reply: {calls: [{name: everything-echo, arguments: {message: "{{1}}"}}]}
  - {when: {tool_results: everything-echo}, pace: {first: 300ms}, reply: "It said: {{tool.everything-echo}}"}
  - {reply: "You said: {{user}}"}
`;

const resources = (model, mcp) => `
apiVersion: ark.mckinsey.com/v1alpha1
kind: Model
metadata: {name: default}
spec:
  provider: openai
  model: {value: scripted}
  config: {openai: {baseUrl: {value: "http://${model}/v1"}, apiKey: {value: k}}}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: MCPServer
metadata: {name: everything}
spec: {address: {value: "${mcp}"}, pollInterval: 1s}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Agent
metadata: {name: clerk}
spec:
  prompt: You are a clerk.
  tools: [{type: mcp, name: everything-echo}]
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Team
metadata: {name: office}
spec: {strategy: sequential, members: [{type: agent, name: clerk}]}
`;

describe('queries over ark up', () => {
  const data = mkdtempSync(join(tmpdir(), 'ark-queries-'));
  let up;
  let model;
  let everything;
  let env;
  const ark = (...words) => runArk(words, env);
  const available = async () => {
    const { out } = await ark('get', 'mcpserver/everything', '-o', 'json');
    const { status } = JSON.parse(out);
    return status?.conditions?.find((condition) => condition.type === 'Available') ?? {};
  };
  const until = async (what, is) => {
    for (let i = 0; i < 100; ++i) {
      if (await is()) return;
      await sleep(100);
    }
    assert.fail(`not in time: ${what}`);
  };

  before(async () => {
    everything = await startEverything();
    writeFileSync(join(data, 'script.yaml'), script);
    model = await ArkProcess.start(['mock-llm', '--script', join(data, 'script.yaml'), '--listen', '127.0.0.1:0']);
    const free = ['--listen', '--otlp-listen', '--grpc-listen', '--controller-listen'].flatMap((door) => [door, '127.0.0.1:0']);
    up = await ArkProcess.start(['up', '-q', '--data', join(data, 'up'), '--log-level', 'warn', ...free]);
    env = { ARK_SERVER: `http://${up.http}`, ARK_CONTROLLER: `http://${up.controller}`, NO_COLOR: '1' };
    writeFileSync(join(data, 'resources.yaml'), resources(model.http, everything.url));
    const { code, err } = await ark('apply', '-f', join(data, 'resources.yaml'));
    assert.equal(code, 0, err);
  });
  after(async () => {
    await up?.stop();
    await model?.stop();
    everything?.child.kill();
    rmSync(data, { recursive: true, force: true });
  });

  test('the tools of an MCP server become Tools', async () => {
    await until('Available', async () => (await available()).status === 'True');
    const { out } = await ark('get', 'tools', '-l', 'mcp/server=everything', '-o', 'json');
    const tools = JSON.parse(out).items;
    const echo = tools.find((tool) => tool.metadata.name === 'everything-echo');
    assert.equal(echo.spec.mcp.toolName, 'echo');
    assert.equal(echo.metadata.ownerReferences[0].name, 'everything');
    assert.ok(echo.spec.inputSchema.properties.message, JSON.stringify(echo.spec));
    assert.ok(tools.length > 5, `${tools.length} tools`);
    const described = await ark('describe', 'mcpserver/everything');
    assert.match(described.out, /ToolDiscovery/);
  });

  test('the card of an A2A server becomes an Agent, which answers', async () => {
    const parrot = await startAgent();
    writeFileSync(
      join(data, 'zoo.yaml'),
      `{apiVersion: ark.mckinsey.com/v1prealpha1, kind: A2AServer, metadata: {name: zoo}, spec: {address: {value: "${parrot.url}"}}}`,
    );
    assert.equal((await ark('apply', '-f', join(data, 'zoo.yaml'))).code, 0);
    await until('Ready', async () => (await ark('get', 'a2aservers')).out.includes('True'));
    const { code, out, err } = await ark('query', 'run', 'agent/parrot', 'hello');
    parrot.stop();
    assert.equal(code, 0, err);
    assert.match(out, /hello/);
    assert.match(err, /⇄/);
    assert.equal((await ark('delete', 'a2aserver', 'zoo')).code, 0);
    assert.equal((await ark('get', 'agent/parrot')).code, 4, 'the agent goes with its server');
  });

  test('steps are shown while they happen, and the answer is all of standard output', async () => {
    const { code, out, err } = await ark('query', 'run', 'team/office', 'add salt', '--session', 'kitchen');
    assert.equal(code, 0, err);
    assert.equal(out, 'It said: Echo: salt\n');
    const steps = err.split('\n').filter((line) => /^ {2}[▸✓]/.test(line));
    const order = [/▸ ◆ office/, /▸ +● clerk/, /▸ +✦ scripted/, /✓ +✦ scripted .* ms .*tok/, /▸ +▣ everything-echo/];
    let at = 0;
    for (const wanted of order) {
      const found = steps.findIndex((line, index) => index >= at && wanted.test(line));
      assert.ok(found >= 0, `${wanted} is not among\n${steps.slice(at).join('\n')}`);
      at = found + 1;
    }
    assert.match(err, /session kitchen/);
    assert.match(err, /done in .* 2 model calls · 1 tool call/);
  });

  test('the stream tells one trace with the right parents, live', async () => {
    const { out: name } = await ark('query', 'run', 'agent/clerk', 'add pepper', '--no-wait', '--session', 'live');
    const events = [];
    await readStream(`http://${up.http}/v1/stream?topics=event&session=live&since=start`, ({ event, data: text }) => {
      if (event !== 'event') return true;
      const item = JSON.parse(text);
      if (item.queryName === name.trim()) events.push({ ...item, seen: Date.now() });
      return item.reason !== 'QueryExecutionComplete';
    });
    assert.equal(new Set(events.map((item) => item.traceId)).size, 1);
    const started = (reason) => events.find((item) => item.reason === reason);
    const query = started('QueryExecutionStart');
    const target = started('TargetExecutionStart');
    const agent = started('AgentExecutionStart');
    const tool = started('ToolCallStart');
    assert.equal(target.parentSpanId, query.spanId);
    assert.equal(agent.parentSpanId, target.spanId);
    assert.equal(tool.parentSpanId, agent.spanId);
    assert.equal(started('LLMCallStart').parentSpanId, agent.spanId);
    assert.ok(tool.seen + 200 < started('QueryExecutionComplete').seen, 'the tool call was not seen before the end');
    const trace = await (await fetch(`http://${up.http}/v1/traces/${query.traceId}`)).json();
    assert.ok(JSON.stringify(trace).includes(tool.spanId));
  });

  test('formats and exit codes', async () => {
    const whole = await ark('query', 'run', 'agent/clerk', 'hello', '-o', 'json');
    assert.equal(JSON.parse(whole.out).status.response.content, 'You said: hello');
    const events = await ark('query', 'run', 'agent/clerk', 'hello', '-o', 'ndjson');
    const lines = events.out.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(lines.at(-1).kind, 'Query');
    assert.ok(lines.some((line) => line.reason === 'LLMCallComplete'));
    const failed = await ark('query', 'run', 'agent/clerk', 'fail');
    assert.equal(failed.code, 2, failed.err);
    assert.match(failed.err, /out of order/);
    assert.equal(failed.out, '');
    assert.equal((await ark('query', 'run', 'clerk', 'hello')).code, 1);
    assert.equal((await ark('query', 'get', 'nobody')).code, 4);
    assert.equal((await ark('query', 'run', 'agent/clerk', 'x', '--controller', 'http://127.0.0.1:1')).code, 5);
    const blind = await ark('query', 'run', 'agent/clerk', 'hello', '--server', 'http://127.0.0.1:1', '--controller', env.ARK_CONTROLLER);
    assert.equal(blind.code, 0, blind.err);
    assert.equal(blind.out, 'You said: hello\n');
  });

  test('a query outlives who asked, is waited for, listed, canceled and restarted', async () => {
    const late = await ark('query', 'run', 'agent/clerk', 'hang', '--timeout', '400ms');
    assert.equal(late.code, 3, late.err);
    const [, name] = /query (\S+) goes on/.exec(late.err);
    assert.match((await ark('query', 'list', '-o', 'wide')).out, new RegExp(`${name}.*running`));
    assert.equal((await ark('query', 'restart', name)).code, 7);
    const waiting = ark('query', 'wait', name.slice(0, -1));
    assert.equal((await ark('query', 'cancel', name)).code, 0);
    const ended = await waiting;
    assert.equal(ended.code, 2, ended.err);
    assert.match(ended.err, /canceled/);
    assert.equal((await ark('query', 'cancel', name)).code, 7);
    const got = JSON.parse((await ark('query', 'get', name, '-o', 'json')).out);
    assert.equal(got.status.phase, 'canceled');
    const hello = JSON.parse((await ark('query', 'run', 'agent/clerk', 'hello', '-o', 'json')).out).metadata.name;
    assert.equal((await ark('query', 'restart', hello)).out, 'You said: hello\n');
  });

  test('Ctrl-C leaves the query, or cancels it when told', async () => {
    for (const [flags, phase] of [[[], 'running'], [['--cancel-on-interrupt'], 'canceled']]) {
      const asking = spawn(arkBinary, ['query', 'run', 'agent/clerk', 'hang', ...flags], { env: { ...process.env, ...env } });
      let said = '';
      asking.stderr.on('data', (text) => (said += text));
      await until('the model is asked', () => /✦/.test(said));
      asking.kill('SIGINT');
      const [code] = await once(asking, 'exit');
      assert.equal(code, 130, said);
      const [, name] = /query (\S+) ·/.exec(said);
      const got = JSON.parse((await ark('query', 'get', name, '-o', 'json')).out);
      assert.equal(got.status.phase, phase, said);
      await ark('query', 'cancel', name);
    }
  });

  test('a server that is gone is said to be, and its tools stay until it says otherwise', async () => {
    everything.child.kill('SIGKILL');
    await until('not Available', async () => (await available()).status === 'False');
    assert.match((await available()).reason, /ClientCreationFailed|ToolListingFailed/);
    const { out } = await ark('get', 'tools', '-l', 'mcp/server=everything', '-o', 'name');
    assert.ok(out.includes('everything-echo'));
    assert.match((await ark('describe', 'mcpserver/everything')).out, /Warning/);
  });

  test('SIGTERM ends both halves well', async () => {
    assert.equal(await up.end(), 0);
  });
});

describe('ark up --demo', () => {
  const data = mkdtempSync(join(tmpdir(), 'ark-demo-'));
  after(() => rmSync(data, { recursive: true, force: true }));

  test('runs real queries of several sessions', async () => {
    const free = ['--listen', '--otlp-listen', '--grpc-listen', '--controller-listen'].flatMap((door) => [door, '127.0.0.1:0']);
    const demo = await ArkProcess.start(['up', '-q', '--demo', '--seed', '1', '--data', data, '--log-level', 'warn', ...free]);
    const sessions = new Set();
    const reasons = new Set();
    const seen = readStream(`http://${demo.http}/v1/stream?topics=event&since=start`, ({ event, data: text }) => {
      if (event !== 'event') return true;
      const item = JSON.parse(text);
      if (item.sessionId) sessions.add(item.sessionId);
      reasons.add(item.reason);
      return !(sessions.size >= 3 && reasons.has('ToolCallComplete') && reasons.has('TeamExecutionComplete'));
    });
    await Promise.race([seen, sleep(60_000).then(() => assert.fail([...reasons].join()))]);
    const asked = await runArk(['query', 'run', 'agent/navigator', 'Plan a course from Dover to Calais.'], {
      ARK_SERVER: `http://${demo.http}`,
      ARK_CONTROLLER: `http://${demo.controller}`,
    });
    assert.equal(asked.code, 0, asked.err);
    assert.match(asked.out, /Dover to Calais: course 115°/);
    assert.equal(await demo.end(), 0);
  });
});
