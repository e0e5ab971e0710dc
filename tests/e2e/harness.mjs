// Starts real ark processes (a broker on free ports over a directory of its own), and talks to them as a client would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const arkBinary = process.env.ARK_BINARY ?? new URL('../../build/ark', import.meta.url).pathname;

/** Arguments of `ark broker` on free ports. */
const freePorts = ['--listen', '127.0.0.1:0', '--otlp-listen', '127.0.0.1:0', '--grpc-listen', '127.0.0.1:0'];

/** A command that prints a ready line and runs until it is told to end. */
export class ArkProcess {
  constructor(args) {
    this.args = args;
  }
  /** 'pipe': whoever set it reads it. */
  stderr = undefined;

  static async start(args) {
    const process = new ArkProcess(args);
    await process.launch(args);
    return process;
  }

  async launch(args) {
    this.process = spawn(arkBinary, args, { stdio: ['ignore', 'pipe', this.stderr ?? 'inherit'] });
    const line = await this.readyLine();
    const addresses = Object.fromEntries(line.split(' ').slice(1).map((part) => part.split('=')));
    Object.assign(this, addresses);
  }

  async readyLine() {
    const lines = createInterface({ input: this.process.stdout });
    const gone = once(this.process, 'exit').then(([code]) => {
      throw new Error(`ark ${this.args[0]} exited with ${code} before it was ready`);
    });
    const [line] = await Promise.race([once(lines, 'line'), gone]);
    gone.catch(() => {});
    if (!line.startsWith('ready ')) throw new Error(`not a ready line: ${line}`);
    return line;
  }

  /** Sends the signal and waits for the end; returns the exit code. */
  async end(signal = 'SIGTERM') {
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = await exit;
    return code;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.end();
  }
}

export class Broker extends ArkProcess {
  constructor(data, args) {
    super(args);
    this.data = data;
  }

  static async start(args = []) {
    const broker = new Broker(mkdtempSync(join(tmpdir(), 'ark-e2e-')), args);
    await broker.launch();
    return broker;
  }

  launch() {
    return super.launch(['broker', '--data', this.data, '--log-level', 'warn', ...freePorts, ...this.args]);
  }

  async stop() {
    await super.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  url(path) {
    return `http://${this.http}${path}`;
  }

  async get(path) {
    const response = await fetch(this.url(path));
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

/** Reads an event stream; calls onFrame({id, event, data}) until it returns false or the stream ends. */
export async function readStream(url, onFrame, headers = {}) {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body) {
      text += decoder.decode(bytes, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const frame = parseFrame(text.slice(0, end));
        text = text.slice(end + 2);
        if (frame && onFrame(frame) === false) return;
      }
    }
  } finally {
    abort.abort();
  }
}

function parseFrame(text) {
  const frame = { event: 'message', data: '' };
  for (const line of text.split('\n')) {
    const [, name, value] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    if (name === 'id') frame.id = value;
    if (name === 'event') frame.event = value;
    if (name === 'data') frame.data += value;
  }
  return frame.data === '' ? null : frame;
}

/** Runs a command to its end. */
export async function runArk(args, env = {}) {
  const child = spawn(arkBinary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const read = async (stream) => {
    let text = '';
    for await (const bytes of stream) text += bytes;
    return text;
  };
  const [out, err, [code]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}
