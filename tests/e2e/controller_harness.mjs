// A controller with a broker that it tells everything, and servers that play models and tools; for tests of runs.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ArkProcess, Broker, readStream } from './harness.mjs';

const plurals = {
  Model: 'models', Tool: 'tools', Agent: 'agents', Team: 'teams', Query: 'queries', MCPServer: 'mcpservers', A2AServer: 'a2aservers',
  A2ATask: 'a2atasks', Memory: 'memories', ExecutionEngine: 'executionengines',
};
const versionOf = (kind) => (['A2AServer', 'ExecutionEngine'].includes(kind) ? 'v1prealpha1' : 'v1alpha1');
const pathOf = (kind) => `/apis/ark.mckinsey.com/${versionOf(kind)}/namespaces/default/${plurals[kind]}`;
const finalPhases = ['done', 'error', 'canceled'];

export class World {
  /** `script`: of the scripted model, which is the Model `default`. */
  static async start(script, args = []) {
    const world = new World();
    world.data = mkdtempSync(join(tmpdir(), 'ark-runs-'));
    world.closing = [];
    // In the list, so that a probe of it uses up none of the script's replies.
    writeFileSync(join(world.data, 'script.yaml'), `models: [scripted]\n${script}`);
    world.model = await ArkProcess.start(['mock-llm', '--script', join(world.data, 'script.yaml'), '--listen', '127.0.0.1:0']);
    world.broker = await Broker.start();
    const where = ['--data', join(world.data, 'controller'), '--listen', '127.0.0.1:0', '--broker', world.broker.url('')];
    world.args = ['controller', ...where, ...args];
    await world.launch();
    await world.create('Model', 'default', openai(`http://${world.model.http}/v1`));
    return world;
  }

  /** Everything that the controller says is kept: `log`. */
  async launch() {
    this.controller = new ArkProcess(this.args);
    this.controller.stderr = 'pipe';
    this.log ??= '';
    await this.controller.launch(this.args);
    this.controller.process.stderr.on('data', (text) => (this.log += text));
  }

  async stop() {
    await this.controller.stop();
    await this.broker.stop();
    await this.model.stop();
    for (const server of this.closing) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.data, { recursive: true, force: true });
  }

  async request(method, path, body, type = 'application/json') {
    const headers = { 'content-type': type };
    const response = await fetch(`http://${this.controller.http}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.message}`);
    return answer;
  }
  create(kind, name, spec, metadata = {}) {
    const apiVersion = `ark.mckinsey.com/${versionOf(kind)}`;
    return this.request('POST', pathOf(kind), { apiVersion, kind, metadata: { ...metadata, name }, spec });
  }
  secret(name, key, value) {
    const data = { [key]: Buffer.from(value).toString('base64') };
    return this.request('POST', '/api/v1/namespaces/default/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data });
  }
  patch(kind, name, body) {
    return this.request('PATCH', `${pathOf(kind)}/${name}`, body, 'application/merge-patch+json');
  }
  query(name) {
    return this.request('GET', `${pathOf('Query')}/${name}`);
  }

  /** Asks, and waits for the end; gives the Query. */
  async ask(name, target, input, more = {}) {
    await this.create('Query', name, { input, target, ...more });
    return this.end(name);
  }
  async end(name) {
    for (;;) {
      const query = await this.query(name);
      if (finalPhases.includes(query.status?.phase)) return query;
      await delay(10);
    }
  }

  /** What the broker was told of an ended query: its events and spans, as they lie in the journal. */
  async told(query) {
    const events = [];
    const spans = [];
    const url = this.broker.url(`/v1/stream?topics=span,event&snapshot=false&since=start&view=full&query=${query.metadata.uid}`);
    await readStream(url, ({ event, data }) => {
      if (event !== 'span' && event !== 'event') return true;
      const item = JSON.parse(data);
      (event === 'span' ? spans : events).push(item);
      // The root's span is the last word of a run.
      return !(event === 'span' && !item.parentSpanId);
    });
    return { events, spans, reasons: events.map((item) => item.reason) };
  }

  /** An HTTP server that answers as `handle(request, response, body)` says. */
  async serve(handle) {
    const server = createServer(async (request, response) => {
      let body = '';
      try {
        for await (const bytes of request) body += bytes;
      } catch {
        return;
      }
      handle(request, response, body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.closing.push(server);
    return `http://127.0.0.1:${server.address().port}`;
  }
}

export function openai(url, key = { value: 'none' }) {
  return { provider: 'openai', model: { value: 'scripted' }, config: { openai: { baseUrl: { value: url }, apiKey: key } } };
}

export function httpTool(url, timeout = '30s') {
  return {
    type: 'http',
    description: 'Does something.',
    inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
    http: { url, method: 'POST', timeout, body: '{"word":"{{.input.word}}"}' },
  };
}

export function completed(query) {
  return query.status.conditions.find((condition) => condition.type === 'Completed');
}
