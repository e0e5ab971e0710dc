// Goal: a tool call waits for a person over kill -9 of the controller; approve and reject do what they say, once.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { ControllerWithModel } from './controller.mjs';

const script = `
rules:
  - when: {user: buy, turn: 0}
    reply:
      calls:
        - {name: noop, arguments: {message: one moment}}
        - {name: pay, arguments: {sum: 5, password: s3cret}}
  - when: {user: buy, tool_results: any}
    reply: "The shop said: {{tool.pay}}"
`;

describe('approvals', () => {
  let controller;
  let shop;
  const paid = [];

  before(async () => {
    shop = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += piece));
      request.on('end', () => {
        paid.push({ body, trace: request.headers.traceparent });
        response.end('thank you');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => shop.once('listening', resolve));
    controller = await ControllerWithModel.start(script);
    await controller.apply(`
apiVersion: ark.mckinsey.com/v1alpha1
kind: Tool
metadata: {name: pay}
spec:
  type: http
  description: Pays
  inputSchema: {type: object, properties: {sum: {type: integer}, password: {type: string}}}
  http: {url: "http://127.0.0.1:${shop.address().port}/pay", method: POST, body: '{"sum":{{.input.sum}},"password":"{{.input.password}}"}'}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Agent
metadata: {name: buyer}
spec:
  prompt: You buy things.
  tools:
    - {type: built-in, name: noop}
    - {type: http, name: pay, approval: {required: true, timeout: 10m}}
---
apiVersion: ark.mckinsey.com/v1alpha1
kind: Team
metadata: {name: desk}
spec: {strategy: sequential, members: [{name: buyer, type: agent}]}
`);
  });
  after(async () => {
    await controller.stop();
    shop.close();
  });

  test('a team goes on where it was after kill -9 and a yes', async () => {
    const name = await controller.ask('team/desk', 'buy a boat');
    const waiting = await controller.phase(name, 'input-required');
    const [question] = waiting.status.questions;
    assert.equal(question.tool, 'pay');
    assert.equal(question.arguments, '{"sum":5,"password":"***"}');
    assert.ok(Date.parse(question.deadline) > Date.now() + 9 * 60_000);
    await controller.kill();
    await controller.launch();
    assert.equal((await controller.get('queries', name)).status.phase, 'input-required');
    const said = await controller.ark('approve', name, question.id.slice(0, 6));
    assert.equal(said.code, 0, said.err);
    const done = await controller.phase(name, 'done');
    assert.equal(done.status.response.content, 'The shop said: thank you');
    assert.equal(done.status.questions, undefined);
    assert.equal(paid.length, 1);
    assert.equal(JSON.parse(paid[0].body).password, 's3cret', 'the tool gets what the model wrote');
    const task = await controller.get('a2atasks', question.task);
    assert.equal(task.status.conditions[0].reason, 'ApprovalGranted');
    const late = await controller.ark('reject', name);
    assert.equal(late.code, 7, late.err);
  });

  test('a no is told to the model, with its reason', async () => {
    paid.length = 0;
    const name = await controller.ask('agent/buyer', 'buy a boat');
    await controller.phase(name, 'input-required');
    const said = await controller.ark('reject', name, '--reason', 'too dear');
    assert.equal(said.code, 0, said.err);
    const done = await controller.phase(name, 'done');
    assert.match(done.status.response.content, /too dear/);
    assert.equal(paid.length, 0);
  });

  test('the resource API answers too, as the reference does it; nonsense is no answer', async () => {
    paid.length = 0;
    const name = await controller.ask('agent/buyer', 'buy a boat');
    const waiting = await controller.phase(name, 'input-required');
    const task = `a2a-task-${waiting.status.response.a2a.taskId}`;
    const answer = (input) =>
      fetch(`${controller.url}/apis/ark.mckinsey.com/v1alpha1/namespaces/default/a2atasks/${task}`, {
        method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ spec: { input } }) });
    await answer('maybe');
    for (let i = 0; i < 200; ++i) {
      if ((await controller.get('a2atasks', task)).status.conditions?.[0]?.reason === 'InvalidApprovalDecision') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal((await controller.get('queries', name)).status.phase, 'input-required');
    await answer('{"decision":"approved"}');
    await controller.phase(name, 'done');
    assert.equal(paid.length, 1);
  });

  test('a canceled query asks nobody any more', async () => {
    const name = await controller.ask('agent/buyer', 'buy a boat');
    const waiting = await controller.phase(name, 'input-required');
    const begun = Date.now();
    await controller.ark('query', 'cancel', name);
    await controller.phase(name, 'canceled');
    assert.ok(Date.now() - begun < 1000);
    assert.equal((await controller.get('a2atasks', waiting.status.questions[0].task)).status.phase, 'cancelled');
  });
});
