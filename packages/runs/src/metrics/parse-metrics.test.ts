import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { EpochRecord, MetricsRecord, StepRecord } from './metrics-record.js';
import { epochRecord, loss, stepRecord } from './fixtures/logged-records.js';
import { MetricsError } from './metrics-error.js';
import { metricsLines } from './metrics-line.js';
import { parseMetrics } from './parse-metrics.js';

const step = stepRecord(1);
const epoch = epochRecord(0);

function parsed(...lines: readonly unknown[]): MetricsRecord[] {
  return parseMetrics(new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
}

describe('parseMetrics', () => {
  const root = fileURLToPath(new URL('../../../../docs/results', import.meta.url));
  const logs = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('metrics.jsonl'),
  );

  it('finds the logs of all studies', () => {
    expect(logs.length).toBeGreaterThanOrEqual(73);
  });

  it.each(logs)('reads %s without a change, but for its checksums, and knows each kind in it', (path) => {
    const text = readFileSync(`${root}/${path}`, 'utf8');
    const plain = text
      .replaceAll(/,"clock":\{"crc":"[0-9a-f]{8}"\}(?=\}\n)/g, '')
      .replaceAll(/,"crc":"[0-9a-f]{8}"(?=\}\}\n)/g, '');
    const records = parseMetrics(new TextEncoder().encode(text));
    expect(records.map((record) => `${JSON.stringify(record)}\n`).join('')).toBe(plain);
    expect(records.filter(({ kind }) => kind === 'unknown')).toEqual([]);
  });

  it('reads lines that lack what came later, and keeps keys that it does not know, in their order', () => {
    const newer = { ...step, later: { x: 1 }, loss: { ...loss, another: 0.5 } };
    expect(JSON.stringify(parsed(step, newer, epoch))).toBe(JSON.stringify([step, newer, epoch]));
  });

  it('wraps a line of an unknown kind, also of one that every object has', () => {
    const lines = [{ kind: 'later', step: 3, x: [1] }, { kind: 'toString' }];
    expect(parsed(...lines)).toEqual(lines.map((line) => ({ kind: 'unknown', line })));
  });

  it('leaves out a line that is not finished', () => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(step)}\n{"kind":"step","st`);
    expect(parseMetrics(bytes)).toEqual([step]);
    expect(parseMetrics(new Uint8Array())).toEqual([]);
  });

  it.each([
    ['text that is not JSON', '{"kind":', 'line 2: expected JSON, got "{\\"kind\\":"'],
    ['a number', '7', 'line 2: '],
    ['an object without a kind', '{"step":1}', 'line 2: kind: '],
    ['a step without a loss', JSON.stringify({ ...step, loss: undefined }), 'line 2: loss: '],
    ['a rate that is text', JSON.stringify({ ...step, flopsRate: '1' }), 'line 2: flopsRate: '],
    [
      'a loss that was not finite',
      JSON.stringify({ ...step, loss: { ...loss, total: NaN } }),
      'line 2: loss.total: ',
    ],
    ['a step that is no count', JSON.stringify({ ...epoch, step: 0.5 }), 'line 2: step: '],
    [
      'an evaluation without an error',
      JSON.stringify({ ...epoch, evaluation: {} }),
      'line 2: evaluation.images: ',
    ],
  ])('refuses %s, with its line', (_, line, message) => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(step)}\n${line}\n`);
    expect(() => parseMetrics(bytes)).toThrow(MetricsError);
    expect(() => parseMetrics(bytes)).toThrow(`metrics.jsonl, ${message}`);
  });

  it('narrows by kind', () => {
    for (const record of parsed(step, epoch)) {
      if (record.kind === 'step') expectTypeOf(record).toEqualTypeOf<StepRecord>();
      if (record.kind === 'epoch') expectTypeOf(record).toEqualTypeOf<EpochRecord>();
    }
  });

  it('has the lines of every kind in the form that they have on disk', () => {
    const line = { kind: 'later', step: 3, clock: { time: 'now' }, x: 1 };
    expect(metricsLines(new TextEncoder().encode(`${JSON.stringify(line)}\n`))).toEqual([line]);
  });
});
