// An agent built with the official SDK, reachable in both protocol versions: the new one at /, the old one at /old.
import { AGENT_CARD_PATH, Role, TaskState } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import { randomUUID } from 'node:crypto';
import express from 'express';

const textPart = (value) => ({ content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/plain' });

/** Says what it was told, in two pieces; asks back when told to; fails when told to; takes its time for "slow". */
class Parrot {
  heard = [];
  canceled = [];

  async cancelTask(taskId, bus) {
    this.canceled.push(taskId);
    const status = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId: this.contextId, status, metadata: {} }));
    bus.finished();
  }

  async execute(request, bus) {
    const { taskId, contextId } = request;
    const said = request.userMessage.parts.map((part) => part.content?.value ?? '').join('');
    const status = (state, words) => {
      const message = words && { role: Role.ROLE_AGENT, messageId: randomUUID(), parts: [textPart(words)], taskId, contextId,
        extensions: [], metadata: {}, referenceTaskIds: [] };
      return { state, message, timestamp: new Date().toISOString() };
    };
    const artifact = (value, append) => AgentEvent.artifactUpdate({ taskId, contextId, append, lastChunk: append, metadata: undefined,
      artifact: { artifactId: 'answer', name: '', description: '', parts: [textPart(value)], metadata: undefined, extensions: [] } });
    const update = (state, words) =>
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: status(state, words), metadata: {} }));

    if (!request.task) {
      bus.publish(AgentEvent.task({ id: taskId, contextId, status: status(TaskState.TASK_STATE_SUBMITTED), artifacts: [],
        history: [request.userMessage], metadata: {} }));
    }
    update(TaskState.TASK_STATE_WORKING, 'thinking');
    this.heard.push(said);
    this.contextId = contextId;
    if (said.startsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 2500));
    if (this.canceled.includes(taskId)) return;
    if (said === 'fail') {
      update(TaskState.TASK_STATE_FAILED, 'as you wish');
    } else if (said === 'ask') {
      update(TaskState.TASK_STATE_INPUT_REQUIRED, 'Which one?');
    } else {
      bus.publish(artifact('You said: ', false));
      bus.publish(artifact(said, true));
      update(TaskState.TASK_STATE_COMPLETED);
    }
    bus.finished();
  }
}

export async function startAgent() {
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const about = { name: 'Parrot', description: 'Says it again', version: '1.0.0', defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'], skills: [{ id: 'say', name: 'Say', description: 'Says it again', tags: ['demo'] }] };
  const card = { ...about, capabilities: { streaming: true, extensions: [] }, securitySchemes: {}, securityRequirements: [], signatures: [],
    supportedInterfaces: [
      { url: `${url}/rpc`, protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' },
      { url: `${url}/rpc`, protocolBinding: 'JSONRPC', protocolVersion: '0.3', tenant: '' },
    ] };
  const parrot = new Parrot();
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), parrot);
  app.get(`/old/${AGENT_CARD_PATH}`, (_, response) =>
    response.json({ ...about, capabilities: { streaming: true }, protocolVersion: '0.3.0', preferredTransport: 'JSONRPC',
      url: `${url}/rpc` }));
  app.use(`/${AGENT_CARD_PATH}`, agentCardHandler({ agentCardProvider: handler }));
  app.use('/rpc', jsonRpcHandler({ requestHandler: handler, userBuilder: UserBuilder.noAuthentication, legacyCompat: { enabled: true } }));
  return { url, parrot, stop: () => { server.closeAllConnections(); server.close(); } };
}
