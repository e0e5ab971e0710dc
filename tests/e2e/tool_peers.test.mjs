// Goal: our MCP and A2A clients get on with peers that others wrote: the protocols' own server and SDK.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { startAgent } from './a2a_agent.mjs';
import { runArk } from './harness.mjs';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startEverything(transport) {
  const port = await freePort();
  const entry = new URL('./node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, transport], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PORT: port } });
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (text) => /on port/.test(text) && resolve());
    child.once('exit', (code) => reject(new Error(`the MCP server exited with ${code}`)));
  });
  return { child, port };
}

for (const [transport, path] of [['streamableHttp', '/mcp'], ['sse', '/sse']]) {
  describe(`server-everything over ${transport}`, () => {
    let peer;
    let mcp;
    before(async () => {
      peer = await startEverything(transport);
      mcp = ['--mcp', `http://127.0.0.1:${peer.port}${path}`];
    });
    after(() => peer.child.kill());

    test('lists its tools', async () => {
      const { code, out, err } = await runArk(['tools', 'list', ...mcp, '-o', 'json']);
      assert.equal(code, 0, err);
      const names = JSON.parse(out).items.map((tool) => tool.name);
      assert.ok(names.includes('echo') && names.includes('get-sum'), names.join());
    });

    test('calls one', async () => {
      const { code, out, err } = await runArk(['tools', 'call', ...mcp, 'echo', '{"message":"hällo"}']);
      assert.equal(code, 0, err);
      assert.match(out, /Echo: hällo/);
    });

    test('shows structured results', async () => {
      const { out } = await runArk(['tools', 'call', ...mcp, 'get-structured-content', '{"location":"New York"}', '-o', 'json']);
      assert.ok('temperature' in JSON.parse(out), out);
    });

    test('is told of wrong arguments', async () => {
      const { code, out, err } = await runArk(['tools', 'call', ...mcp, 'get-sum', '{"a":"x"}']);
      assert.notEqual(code, 0);
      assert.match(out + err, /[Ii]nvalid/);
    });

    test('hears of progress', async () => {
      const { code, err } = await runArk(['tools', 'call', ...mcp, 'trigger-long-running-operation', '{"duration":1,"steps":2}']);
      assert.equal(code, 0, err);
      assert.match(err, /1\/2/);
    });

    test('gives up on a long call in time', async () => {
      const began = Date.now();
      const long = ['trigger-long-running-operation', '{"duration":30,"steps":2}'];
      const { code } = await runArk(['tools', 'call', ...mcp, ...long, '--timeout', '500ms']);
      assert.equal(code, 3);
      assert.ok(Date.now() - began < 2500, 'it took too long');
    });

    test('goes on when the server dies within a call', async () => {
      const call = runArk(['tools', 'call', ...mcp, 'trigger-long-running-operation', '{"duration":30,"steps":2}']);
      setTimeout(() => peer.child.kill('SIGKILL'), 500);
      const { code, err } = await call;
      assert.notEqual(code, 0);
      assert.match(err, /error: /);
      const again = await runArk(['tools', 'list', ...mcp]);
      assert.equal(again.code, 5, again.err);
    });
  });
}

describe('an agent of the official A2A SDK', () => {
  let agent;
  before(async () => {
    agent = await startAgent();
  });
  after(() => agent.stop());

  for (const [version, path] of [['1.0', ''], ['0.3', '/old']]) {
    test(`shows its card, ${version}`, async () => {
      const { code, out, err } = await runArk(['a2a', 'card', agent.url + path]);
      assert.equal(code, 0, err);
      assert.match(out, /Parrot/);
      assert.match(out, new RegExp(`A2A ${version.replace('.', '\\.')}`));
    });
    for (const more of [[], ['--stream']]) {
      test(`answers, ${version} ${more}`, async () => {
        const { code, out, err } = await runArk(['a2a', 'send', agent.url + path, 'hello', ...more]);
        assert.equal(code, 0, err);
        assert.equal(out.trim(), 'You said: hello');
        assert.match(err, /completed/);
      });
    }
    test(`asks back, ${version}`, async () => {
      const { code, out, err } = await runArk(['a2a', 'send', agent.url + path, 'ask']);
      assert.equal(code, 0, err);
      assert.equal(out.trim(), 'Which one?');
      const [, task] = /task (\S+) input-required/.exec(err);
      const next = await runArk(['a2a', 'send', agent.url + path, 'that one', '--task', task]);
      assert.equal(next.code, 0, next.err);
      assert.match(next.out, /You said: that one/);
    });
    test(`fails, ${version}`, async () => {
      const { code, out } = await runArk(['a2a', 'send', agent.url + path, 'fail']);
      assert.equal(code, 2);
      assert.equal(out.trim(), 'as you wish');
    });
  }
});
