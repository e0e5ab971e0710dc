// Resources through the program as people use it: ark and kubectl against `ark controller`, and kill -9.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { arkBinary } from './harness.mjs';

const run = promisify(execFile);
const examples = new URL('../../examples/resources/', import.meta.url).pathname;

class Controller {
  constructor() {
    this.data = mkdtempSync(join(tmpdir(), 'ark-resources-'));
  }
  async launch() {
    this.process = spawn(arkBinary, ['controller', '--listen', '127.0.0.1:0', '--data', this.data, '--log-level', 'warn'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: this.process.stdout }), 'line');
    this.url = `http://${/^ready http=(\S+)$/.exec(line)[1]}`;
    return this;
  }
  async end(signal = 'SIGTERM') {
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    return (await exit)[0];
  }
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.end();
    rmSync(this.data, { recursive: true, force: true });
  }
  /** Runs ark; gives {code, out, err}. */
  async ark(...words) {
    const options = { env: { ...process.env, ARK_CONTROLLER: this.url, NO_COLOR: '1' } };
    try {
      const { stdout, stderr } = await run(arkBinary, words, options);
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      return { code: error.code, out: error.stdout, err: error.stderr };
    }
  }
}

const controller = await new Controller().launch();
after(() => controller.stop());

test('the examples apply, again without a change, and go again', async () => {
  const first = await controller.ark('apply', '-f', examples);
  assert.equal(first.code, 0, first.err);
  const lines = first.out.trim().split('\n');
  assert.ok(lines.length > 20 && lines.every((line) => line.endsWith(' created')), first.out);
  const again = await controller.ark('apply', '-f', examples);
  assert.ok(again.out.trim().split('\n').every((line) => line.endsWith(' unchanged')), again.out);
  const agents = await controller.ark('get', 'agents', '-o', 'name');
  assert.match(agents.out, /^agent\.ark\.mckinsey\.com\/chief$/m);
  assert.match((await controller.ark('get', 'teams')).out, /^newsroom +selector/m);
  assert.match((await controller.ark('describe', 'secret', 'model-key')).out, /token: "?\d+ bytes/);
  const gone = await controller.ark('delete', '-f', examples);
  assert.equal(gone.code, 0, gone.err);
  assert.equal((await controller.ark('get', 'agents', '-o', 'name')).out, '');
});

test('mistakes are said with their place, and exit codes say what happened', async () => {
  const file = join(controller.data, 'bad.yaml');
  writeFileSync(file, '---\napiVersion: ark.mckinsey.com/v1alpha1\nkind: Agent\nmetadata: {name: a}\nspec: {tools: [{type: http}]}\n');
  const invalid = await controller.ark('apply', '-f', file);
  assert.equal(invalid.code, 2);
  assert.match(invalid.err, /bad\.yaml:2: Agent "a" is invalid: spec\.tools\[0\]\.name: Required value/);
  assert.equal((await controller.ark('get', 'agent', 'nobody')).code, 4);
  const typo = await controller.ark('get', 'agnets');
  assert.equal(typo.code, 1);
  assert.match(typo.err, /did you mean 'agents'/);
  const nowhere = await controller.ark('get', 'agents', '--controller', 'http://127.0.0.1:1');
  assert.equal(nowhere.code, 5);
  assert.match(nowhere.err, /try: ark controller/);
});

test('a watch shows changes as they come', async () => {
  const child = spawn(arkBinary, ['get', 'configmaps', '--watch', '-o', 'name'], {
    env: { ...process.env, ARK_CONTROLLER: controller.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = once(createInterface({ input: child.stdout }), 'line');
  const file = join(controller.data, 'cm.yaml');
  writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\n');
  await controller.ark('apply', '-f', file);
  assert.equal((await line)[0], 'configmap/seen');
  child.kill('SIGINT');
  assert.equal((await once(child, 'exit'))[0], 130);
});

test('kubectl applies, gets, patches, watches and deletes', async (t) => {
  const kubectl = (...words) => run('kubectl', ['--server', controller.url, ...words]);
  try {
    await run('kubectl', ['version', '--client']);
  } catch {
    return t.skip('no kubectl here');
  }
  const file = join(examples, '02-agent.yaml');
  assert.match((await kubectl('apply', '-f', file)).stdout, /agent\.ark\.mckinsey\.com\/greeter created/);
  assert.match((await kubectl('apply', '-f', file)).stdout, /greeter unchanged/);
  assert.match((await kubectl('apply', '--server-side', '--force-conflicts', '-f', file)).stdout, /greeter serverside-applied/);
  assert.match((await kubectl('get', 'agents')).stdout, /^NAME +MODEL +AVAILABLE +AGE\n/);
  await kubectl('patch', 'agent', 'greeter', '--type', 'merge', '-p', '{"spec":{"prompt":"new"}}');
  assert.equal((await kubectl('get', 'agent', 'greeter', '-o', 'jsonpath={.spec.prompt}')).stdout, 'new');
  await kubectl('label', 'agent', 'greeter', 'mood=good');
  assert.equal((await kubectl('get', 'agents', '-l', 'mood=good', '-o', 'name')).stdout, 'agent.ark.mckinsey.com/greeter\n');
  assert.match((await kubectl('explain', 'agent.spec.prompt')).stdout, /the system prompt/);
  await kubectl('create', 'configmap', 'made', '--from-literal', 'a=b');
  assert.match((await kubectl('describe', 'configmap', 'made')).stdout, /a:\n----\nb/);
  await kubectl('wait', 'agent/greeter', '--for', 'jsonpath={.spec.prompt}=new', '--timeout', '5s');
  assert.match((await kubectl('delete', '-f', file)).stdout, /"greeter" deleted/);
});

test('what was answered survives kill -9, and a watch goes on from its version', async () => {
  const doomed = await new Controller().launch();
  try {
    const acknowledged = new Map();
    let version = '0';
    for (let round = 0; round < 8; round++) {
      let writing = true;
      const write = async (worker) => {
        for (let i = 0; writing; i++) {
          const name = `m-${round}-${worker}-${i}`;
          const response = await fetch(`${doomed.url}/api/v1/namespaces/lab/configmaps`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ metadata: { name }, data: { round: String(round) } }),
          });
          if (response.status === 201) acknowledged.set(name, (await response.json()).metadata.uid);
        }
      };
      const workers = [0, 1, 2, 3].map((worker) => write(worker).catch(() => {}));
      await new Promise((resolve) => setTimeout(resolve, 40 + 30 * round));
      await doomed.end('SIGKILL');
      writing = false;
      await Promise.all(workers);
      await doomed.launch();
      const list = await (await fetch(`${doomed.url}/api/v1/configmaps`)).json();
      const stored = new Map(list.items.map((item) => [item.metadata.name, item.metadata.uid]));
      for (const [name, uid] of acknowledged) assert.equal(stored.get(name), uid, `${name} of round ${round}`);
      const changes = await fetch(`${doomed.url}/api/v1/configmaps?watch=true&timeoutSeconds=1&resourceVersion=${version}`);
      assert.equal(changes.status, 200);
      const seen = (await changes.text()).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
      assert.equal(seen.filter((event) => event.type === 'ADDED').length, stored.size - (round === 0 ? 0 : doomed.before));
      doomed.before = stored.size;
      version = list.metadata.resourceVersion;
    }
    assert.ok(acknowledged.size > 20);
    assert.equal(await doomed.end(), 0);
  } finally {
    await doomed.stop();
  }
});
