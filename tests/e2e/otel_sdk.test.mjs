// Goal: an unmodified OpenTelemetry JavaScript SDK feeds the broker over every protocol, and nothing it said is missing.
// Method: one trace with an event, a link, an exception and every value type, one log event, one metric; read back over /v1.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

import { Broker } from './harness.mjs';

const protocols = {
  'http/protobuf': (broker) => ({
    traces: new ProtoTraces({ url: `http://${broker.otlp}/v1/traces` }),
    logs: new ProtoLogs({ url: `http://${broker.otlp}/v1/logs`, compression: 'gzip' }),
  }),
  'http/json': (broker) => ({
    traces: new JsonTraces({ url: `http://${broker.otlp}/v1/traces`, compression: 'gzip' }),
    logs: new JsonLogs({ url: `http://${broker.otlp}/v1/logs` }),
  }),
  grpc: (broker) => ({
    traces: new GrpcTraces({ url: `http://${broker.grpc}` }),
    logs: new GrpcLogs({ url: `http://${broker.grpc}` }),
  }),
};

/** One agent run as an instrumented program would report it. Returns its ids. */
async function produce(exporters, session) {
  const resource = resourceFromAttributes({ 'service.name': 'e2e-agent', 'service.version': '1.2.3' });
  const tracers = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporters.traces)] });
  const loggers = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor(exporters.logs)] });
  const tracer = tracers.getTracer('e2e', '0.1');

  const root = tracer.startSpan('invoke_agent planner', {
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner', 'session.id': session },
  });
  const inRoot = trace.setSpan(ROOT_CONTEXT, root);
  loggers.getLogger('e2e').emit({
    eventName: 'ToolCallStart',
    severityNumber: SeverityNumber.INFO,
    body: 'about to search',
    attributes: { toolName: 'web_search' },
    context: inRoot,
  });
  const tool = tracer.startSpan('execute_tool web_search', {
    kind: SpanKind.CLIENT,
    links: [{ context: root.spanContext(), attributes: { 'link.reason': 'retry' } }],
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'web_search',
      text: 'grüße ✓',
      count: 42,
      ratio: 0.5,
      flag: true,
      list: ['a', 'b'],
    },
  }, inRoot);
  tool.addEvent('retrying', { attempt: 2 });
  tool.recordException(new Error('rate limited'));
  tool.setStatus({ code: SpanStatusCode.ERROR, message: 'rate limited' });
  tool.end();
  root.end();
  await tracers.forceFlush();
  await loggers.forceFlush();
  await tracers.shutdown();
  await loggers.shutdown();
  return { traceId: root.spanContext().traceId, rootId: root.spanContext().spanId, toolId: tool.spanContext().spanId };
}

async function eventually(read, holds) {
  for (let attempt = 0; attempt < 100; ++attempt) {
    const value = await read().catch(() => undefined);
    if (value !== undefined && holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return read();
}

for (const [name, exportersFor] of Object.entries(protocols)) {
  describe(`OpenTelemetry SDK over ${name}`, () => {
    let broker;
    let ids;
    const session = `s-${name.replace('/', '-')}`;
    before(async () => {
      broker = await Broker.start();
      ids = await produce(exportersFor(broker), session);
    });
    after(() => broker.stop());

    test('a span keeps everything that was sent', async () => {
      const span = await eventually(() => broker.get(`/v1/spans/${ids.traceId}/${ids.toolId}`), () => true);
      assert.equal(span.name, 'execute_tool web_search');
      assert.equal(span.parentSpanId, ids.rootId);
      assert.equal(span.component, 'tool');
      assert.equal(span.attributes.text, 'grüße ✓');
      assert.equal(span.attributes.count, 42);
      assert.equal(span.attributes.ratio, 0.5);
      assert.equal(span.attributes.flag, true);
      assert.deepEqual(span.attributes.list, ['a', 'b']);
      assert.deepEqual(span.events.map((event) => event.name), ['retrying', 'exception']);
      assert.equal(span.events[1].attributes['exception.message'], 'rate limited');
      assert.equal(span.links[0].spanId, ids.rootId);
      assert.equal(span.links[0].attributes['link.reason'], 'retry');
      assert.equal(span.resource.attributes['service.version'], '1.2.3');
      assert.equal(span.scope.name, 'e2e');
    });

    test('the trace and its session are correlated', async () => {
      const found = await eventually(() => broker.get(`/v1/sessions/${session}`), (row) => row.spans === 2);
      assert.equal(found.spans, 2);
      assert.equal(found.errors, 1);
      const { trace: row } = await broker.get(`/v1/traces/${ids.traceId}`);
      assert.equal(row.sessionId, session);
    });

    test('the log event is an event of the trace', async () => {
      const page = await eventually(
        () => broker.get(`/v1/events?trace=${ids.traceId}&reason=ToolCallStart`),
        (found) => found.items.some((event) => !event.derived),
      );
      const event = page.items.find((candidate) => !candidate.derived);
      assert.equal(event.tool, 'web_search');
      assert.equal(event.sessionId, session);
    });
  });
}

describe('OpenTelemetry SDK metrics', () => {
  test('are accepted and counted', async () => {
    const broker = await Broker.start();
    try {
      const exporter = new OTLPMetricExporter({ url: `http://${broker.otlp}/v1/metrics` });
      const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
      const meters = new MeterProvider({ readers: [reader] });
      meters.getMeter('e2e').createCounter('runs').add(1);
      await meters.forceFlush();
      await meters.shutdown();
      const metrics = await (await fetch(broker.url('/metrics'))).text();
      assert.match(metrics, /ark_ingest_items_total\{signal="metrics"\} [1-9]/);
    } finally {
      await broker.stop();
    }
  });
});
