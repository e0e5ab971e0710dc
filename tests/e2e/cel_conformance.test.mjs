// The public conformance suite of CEL, all files of it, as npm has it: written in the suite's own text format for
// `cel-conformance`, which is what an implementer would run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ScalarType } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { anyUnpack } from '@bufbuild/protobuf/wkt';

// The package names the modules that it makes for its own tests in no export.
const inside = (path) => import(pathToFileURL(fileURLToPath(new URL(`node_modules/@bufbuild/cel-spec/dist/esm/${path}`, import.meta.url))));
const { getConformanceSuite } = await inside('testdata/tests.js');
const { getTestRegistry } = await inside('testdata/registry.js');
const { SimpleTestSchema } = await inside('gen/cel/expr/conformance/test/simple_pb.js');
const registry = getTestRegistry();
const program = process.env.ARK_CEL_CONFORMANCE ?? fileURLToPath(new URL('../../build/cel-conformance', import.meta.url));

const quoted = (bytes) => `"${[...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;

function scalar(type, value) {
  if (type === ScalarType.STRING) return quoted(new TextEncoder().encode(value));
  if (type === ScalarType.BYTES) return quoted(value);
  if (Object.is(value, -0)) return '-0.0';
  return { Infinity: 'inf', '-Infinity': '-inf', NaN: 'nan' }[String(value)] ?? String(value);
}

/** A message's fields in protobuf's text format. */
function* lines(schema, message) {
  if (schema.typeName === 'google.protobuf.Any') {
    const inner = anyUnpack(message, registry);
    const of = inner && registry.getMessage(inner.$typeName);
    yield `[${message.typeUrl}] {`;
    if (of) yield* lines(of, inner);
    yield '}';
    return;
  }
  const reflected = reflect(schema, message);
  for (const field of schema.fields) {
    if (!reflected.isSet(field)) continue;
    const value = reflected.get(field);
    if (field.fieldKind === 'map') {
      for (const [key, entry] of value) {
        yield `${field.name} { key: ${scalar(field.mapKey, key)}`;
        yield* single(field.mapKind, 'value', field, entry);
        yield '}';
      }
    } else {
      const kind = field.fieldKind === 'list' ? field.listKind : field.fieldKind;
      for (const one of field.fieldKind === 'list' ? value : [value]) yield* single(kind, field.name, field, one);
    }
  }
}

function* single(kind, name, field, value) {
  if (kind === 'message') {
    yield `${name} {`;
    yield* lines(field.message, value.message ?? value);
    yield '}';
  } else if (kind === 'enum') {
    yield `${name}: ${field.enum.value[value]?.name ?? value}`;
  } else {
    yield `${name}: ${scalar(field.scalar, value)}`;
  }
}

function* file({ name, suites }) {
  yield `name: ${JSON.stringify(name)}`;
  for (const section of suites) {
    yield `section { name: ${JSON.stringify(section.name)}`;
    for (const { original } of section.tests) {
      yield 'test {';
      yield* lines(SimpleTestSchema, original);
      yield '}';
    }
    yield '}';
  }
}

test('every applicable case of the suite passes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ark-cel-'));
  try {
    const { suites } = getConformanceSuite();
    for (const suite of suites) writeFileSync(join(folder, `${suite.name}.textproto`), [...file(suite)].join('\n'));
    const { stdout, status, error } = spawnSync(program, [folder], { encoding: 'utf8' });
    assert.ifError(error);
    assert.equal(status, 0, stdout);
    const counts = [...stdout.matchAll(/^(\w+): (\d+)\/(\d+)$/gm)];
    assert.equal(counts.length, suites.length, stdout);
    const passed = counts.reduce((sum, [, , count]) => sum + Number(count), 0);
    assert.ok(passed > 1500, `only ${passed} cases are applicable`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
