// Peers that behave in each way that the event dictionary has a word for: an A2A agent and a memory.

/** An A2A 0.3 agent without streams: does what the message says (fail, ask, wait, flaky), else answers. For World.serve(). */
export function a2aAgent() {
  const tasks = new Map();
  let count = 0;
  let refusals = 1;
  const task = (id, state) => ({
    kind: 'task', id, contextId: 'c', status: { state, message: { kind: 'message', role: 'agent', messageId: `${id}-s`, parts:
      [{ kind: 'text', text: state }] } }, artifacts: [], history: [],
  });
  const result = ({ method, params }) => {
    if (method === 'tasks/cancel') return task(params.id, 'canceled');
    if (method === 'tasks/get') {
      if (tasks.get(params.id) !== 'flaky') return task(params.id, 'working');
      return refusals-- > 0 ? null : task(params.id, 'completed');
    }
    const said = params.message.parts.map((part) => part.text).join('');
    const id = params.message.taskId ?? `t${++count}`;
    tasks.set(id, said);
    const states = { fail: 'failed', ask: 'input-required', wait: 'working', flaky: 'working' };
    return task(id, states[said] ?? 'completed');
  };
  return (request, response, body) => {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') {
      const card = { name: 'peer', description: '', version: '1', protocolVersion: '0.3.0', preferredTransport: 'JSONRPC', skills: [],
        url: `http://${request.headers.host}/`, capabilities: { streaming: false }, defaultInputModes: [], defaultOutputModes: [] };
      return response.end(JSON.stringify(card));
    }
    const call = JSON.parse(body);
    const answer = result(call);
    if (answer === null) response.statusCode = 503;
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: answer }));
  };
}

/** A memory below /NAME: `deaf` fails to read, `mute` to store, `stuck-read` and `stuck-store` never answer. For World.serve(). */
export function memory(request, response) {
  const [, name, what] = request.url.split(/[/?]/);
  const stores = request.method === 'POST' && what === 'messages';
  const [failing, hanging] = stores ? ['mute', 'stuck-store'] : ['deaf', 'stuck-read'];
  if (name === hanging) return;
  response.statusCode = name === failing ? 500 : 200;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ items: [], total: 0, hasMore: false, conversation_id: 'c' }));
}

/** An MCP server that says who it is and fails to say what it has. For World.serve(). */
export function mcpWithoutList(request, response, body) {
  response.setHeader('content-type', 'application/json');
  if (request.method !== 'POST') return response.writeHead(405).end();
  const { id, method } = JSON.parse(body);
  if (id === undefined) return response.writeHead(202).end();
  const about = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } };
  const answer = method === 'initialize' ? { result: about } : { error: { code: -32601, message: 'no' } };
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
}
