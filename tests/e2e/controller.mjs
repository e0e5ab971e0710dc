// A controller with a scripted model, for tests of what it runs: applied, asked and killed as people do.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ArkProcess, arkBinary } from './harness.mjs';

const run = promisify(execFile);

export class ControllerWithModel {
  /** `script`: of `ark mock-llm`, as text; `args`: more for `ark controller`. */
  static async start(script, args = []) {
    const it = new ControllerWithModel();
    it.folder = mkdtempSync(join(tmpdir(), 'ark-controller-'));
    it.args = args;
    const path = join(it.folder, 'script.yaml');
    writeFileSync(path, script);
    it.model = await ArkProcess.start(['mock-llm', '--script', path, '--listen', '127.0.0.1:0']);
    await it.launch();
    await it.apply(`
apiVersion: ark.mckinsey.com/v1alpha1
kind: Model
metadata: {name: default}
spec:
  provider: openai
  model: {value: mock}
  config: {openai: {baseUrl: {value: "http://${it.model.http}/v1"}, apiKey: {value: k}}}
`);
    return it;
  }

  async launch() {
    const args = ['controller', '--listen', '127.0.0.1:0', '--data', join(this.folder, 'data'), '--log-level', 'warn', ...this.args];
    this.process = spawn(arkBinary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: this.process.stdout }), 'line');
    this.url = `http://${/^ready http=(\S+)/.exec(line)[1]}`;
  }

  async kill(signal = 'SIGKILL') {
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    await exit;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill('SIGTERM');
    await this.model.stop();
    rmSync(this.folder, { recursive: true, force: true });
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

  async apply(yaml) {
    const path = join(this.folder, 'apply.yaml');
    writeFileSync(path, yaml);
    const { code, out, err } = await this.ark('apply', '-f', path);
    if (code !== 0) throw new Error(`apply: ${out}${err}`);
  }

  /** Asks and does not wait; gives the query's name. */
  async ask(target, text, ...flags) {
    const { code, out, err } = await this.ark('query', 'run', target, text, '--no-wait', ...flags);
    if (code !== 0) throw new Error(`ask: ${err}`);
    return out.trim();
  }

  async get(plural, name, version = 'v1alpha1') {
    const response = await fetch(`${this.url}/apis/ark.mckinsey.com/${version}/namespaces/default/${plural}/${name}`);
    return response.json();
  }

  /** Waits until the query is in that phase. */
  async phase(name, wanted) {
    for (let i = 0; i < 400; ++i) {
      const query = await this.get('queries', name);
      if (query.status?.phase === wanted) return query;
      if (['done', 'error', 'canceled'].includes(query.status?.phase)) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${name} is not ${wanted}: ${JSON.stringify((await this.get('queries', name)).status)}`);
  }
}
