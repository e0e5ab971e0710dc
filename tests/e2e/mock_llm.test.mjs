// Goal: the official OpenAI client cannot tell the scripted model from a real one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';

import { ArkProcess } from './harness.mjs';

const script = new URL('../../examples/mock-llm.yaml', import.meta.url).pathname;
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];

describe('the official openai client', () => {
  let mock;
  let client;
  before(async () => {
    mock = await ArkProcess.start(['mock-llm', '--script', script, '--listen', '127.0.0.1:0']);
    client = new OpenAI({ baseURL: `http://${mock.http}/v1`, apiKey: 'any', maxRetries: 2 });
  });
  after(() => mock.stop());

  const ask = (content, more = {}) => client.chat.completions.create({ model: 'mock', messages: [{ role: 'user', content }], ...more });

  test('lists models', async () => {
    const models = await client.models.list();
    assert.deepEqual(models.data.map((model) => model.id), ['mock', 'mock-large']);
  });

  test('gets an answer', async () => {
    const answer = await ask('hello');
    assert.equal(answer.choices[0].message.content, 'You said: hello');
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  test('gets it in pieces', async () => {
    const pieces = [];
    let usage;
    for await (const chunk of await ask('hello there', { stream: true, stream_options: { include_usage: true } })) {
      pieces.push(chunk.choices[0]?.delta?.content ?? '');
      usage = chunk.usage ?? usage;
    }
    assert.equal(pieces.join(''), 'You said: hello there');
    assert.ok(pieces.filter(Boolean).length > 1, 'it came at once');
    assert.ok(usage.total_tokens > 0);
  });

  test('goes through a tool loop, streamed', async () => {
    const messages = [{ role: 'user', content: 'What is the weather in Oslo?' }];
    const first = await client.chat.completions.stream({ model: 'mock', messages, tools }).finalChatCompletion();
    const [call] = first.choices[0].message.tool_calls;
    assert.equal(first.choices[0].finish_reason, 'tool_calls');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
    messages.push(first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'rain' });
    const second = await client.chat.completions.create({ model: 'mock', messages, tools });
    assert.equal(second.choices[0].message.content, 'In short: rain');
  });

  test('gets two calls at once', async () => {
    const answer = await ask('compare Oslo and Rome', { tools });
    assert.deepEqual(answer.choices[0].message.tool_calls.map((call) => JSON.parse(call.function.arguments).city), ['Oslo', 'Rome']);
  });

  test('waits out a rate limit', async () => {
    assert.equal((await ask('busy')).choices[0].message.content, 'You said: busy');
  });

  test('is told about errors', async () => {
    await assert.rejects(ask('broken', {}), (error) => error.status === 500);
    await assert.rejects(ask('forbidden'), (error) => error.status === 400 && error.code === 'content_filter');
  });

  test('notices a stream that is cut off', async () => {
    await assert.rejects(async () => {
      for await (const chunk of await ask('cut off', { stream: true })) assert.ok(chunk);
    });
  });

  test('gives up on one that hangs', async () => {
    const hang = { model: 'mock', messages: [{ role: 'user', content: 'hang' }] };
    await assert.rejects(client.chat.completions.create(hang, { timeout: 200, maxRetries: 0 }));
  });
});
