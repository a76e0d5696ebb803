import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { benchmarks, benchmarksNamed } from './benchmarks.mjs';

describe('benchmarks', () => {
  it('have names of their own', () => {
    expect(new Set(benchmarks.map(({ name }) => name)).size).toBe(benchmarks.length);
  });

  it('have sides that exist', () => {
    const programs = benchmarks.flatMap(({ ours, peer }) => [ours, ...(peer ? [peer] : [])]);
    const missing = programs.filter(
      ({ program }) => !existsSync(new URL(`sides/${program}`, import.meta.url)),
    );
    expect(missing).toEqual([]);
  });

  it('give both sides the same work', () => {
    for (const { ours, peer, kind, name } of benchmarks) {
      if (!peer || kind === 'share') continue;
      const size = ({ settings: { batch, imageSizePx, classes } }) => ({ batch, imageSizePx, classes });
      expect(size(ours), name).toEqual(size(peer));
      expect(ours.threads, name).toBe(peer.threads);
    }
  });
});

describe('benchmarksNamed', () => {
  it('is all of them without names', () => {
    expect(benchmarksNamed([])).toEqual(benchmarks);
  });

  it('keeps the order of the table', () => {
    expect(benchmarksNamed(['soak', 'train-resnet50']).map(({ name }) => name)).toEqual([
      'train-resnet50',
      'soak',
    ]);
  });

  it('lists the names where one is unknown', () => {
    expect(() => benchmarksNamed(['soak', 'train'])).toThrow(
      /expected some of train-resnet50, .*soak; got train$/,
    );
  });
});
