import { readFileSync } from 'node:fs';
import { check } from 'prettier';
import { describe, expect, it } from 'vitest';
import { benchmarks } from './benchmarks.mjs';
import { pagePath, pageWithResults } from './page.mjs';

const page = readFileSync(pagePath, 'utf8');
const content = {
  date: '2026-01-31',
  machine: {
    cpu: 'AMD EPYC',
    flags: ['avx2', 'fma'],
    cores: 2,
    memoryGigabytes: 24,
    system: 'Debian, Linux 6',
  },
  results: benchmarks.slice(0, 2).map(({ name, unit }, i) => ({
    name,
    ours: 3,
    peer: 2,
    ratio: 1.5,
    ratioOfMedians: 1.6,
    unit,
    threads: 2 - i, // one of them on one core
    loadAverage: i / 10,
    commit: 'abc',
    versions: { ours: { node: 'v20', tensorflow: '2.21.0' }, peer: { torch: '2.15.0' } },
    ...(i === 1 && { note: 'something to know' }),
  })),
};

describe('the page', () => {
  it('explains every benchmark', () => {
    const missing = benchmarks.filter(({ name }) => !page.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  it('reports machine, versions, numbers and notes', () => {
    const written = pageWithResults(page, [content], benchmarks);
    expect(written).toContain('AMD EPYC (avx2, fma), 2 cores, 24 GB, Debian, Linux 6; 2 threads');
    expect(written).toContain('Node v20, TensorFlow 2.21.0, PyTorch 2.15.0; at commit abc');
    expect(written).toContain('at most 0.1.');
    expect(written).toMatch(/\| train-resnet50 +\| +3\.00 \| 2\.00 \|/);
    expect(written).toContain('memory-resnet50: something to know.');
  });

  it('has the results of each machine, and leads with what a user asks for', () => {
    const engine = { ...content.results[0], name: 'engine-resnet50-f32' };
    const other = { ...content, machine: { ...content.machine, cpu: 'Intel' }, results: [engine] };
    const written = pageWithResults(page, [other, content], benchmarks);
    const order = [
      'Intel (avx2',
      '| ResNet-50, our engine',
      '| engine-resnet50-f32',
      'AMD EPYC (avx2',
      '| train-resnet50',
    ];
    const places = order.map((text) => written.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThan(0);
  });

  it('has only its results replaced, however often', () => {
    const once = pageWithResults(page, [content], benchmarks);
    expect(pageWithResults(once, [content], benchmarks)).toBe(once);
    expect(pageWithResults(once, [], benchmarks)).toBe(pageWithResults(page, [], benchmarks));
    expect(once.split('<!--')[0]).toBe(page.split('<!--')[0]);
  });

  it('stays formatted', async () => {
    const options = { parser: 'markdown', printWidth: 110 };
    expect(await check(pageWithResults(page, [content], benchmarks), options)).toBe(true);
    expect(await check(pageWithResults(page, [], benchmarks), options)).toBe(true);
  });

  it('needs its marks', () => {
    expect(() => pageWithResults('# Benchmarks', [content], benchmarks)).toThrow('expected the lines');
  });
});
