import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { fuzzed } from './campaign.mjs';
import { loadTarget } from './target.mjs';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const target = 'frame/fixtures/misbehaving';

describe('fuzzed', () => {
  it('catches a hang, a promise that never ends, an exit, an untyped error and a difference', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    vi.stubEnv('DMNN_PYTHON', 'python3');
    const options = { mutations: 1, seed: 1, compare: 100, processes: 2, limitS: 2 };
    const failures = await fuzzed(target, options);
    const printed = print.mock.calls.map(([line]) => String(line));
    print.mockRestore();
    vi.unstubAllEnvs();
    const about = (/** @type {string} */ name) => printed.find((line) => line.includes(`base file ${name}:`));
    expect(about('right')).toBeUndefined();
    expect(about('refused')).toContain('no such file'); // the fixture does not say that it is refused
    expect(about('refused on purpose')).toBeUndefined();
    expect(about('hangs')).toContain('no answer after 2 s');
    expect(about('never ends')).toContain('no answer after 2 s');
    expect(about('exits')).toContain('exit 3');
    expect(about('another error')).toContain('TypeError: undefined is not a file');
    if (hasPython) {
      expect(about('differs')).toContain('7 instead of 8');
      expect(about('refused by others')).toContain('the other reader refuses it: ValueError: not for me');
      expect(printed.join('\n')).toContain(
        'base file refused: refused, but the other reader reads it: Error: no such file',
      );
      expect(printed.at(-1)).toMatch(/reads [1-9]\d* of them, which are refused on purpose \(strange [1-9]/);
    }
    expect(failures).toBeGreaterThanOrEqual(hasPython ? 8 : 5);
    expect(printed.at(-1)).toMatch(/^fuzz frame.*: seed 1, 1 mutations of 9 base files .* FAILED$/);
  });
});

describe('fuzzed, of what cannot run here', () => {
  it('is skipped by name', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    const options = { mutations: 1, seed: 1, compare: 1, processes: 1 };
    const failures = await fuzzed('frame/fixtures/unprepared', { ...options, quick: true });
    const printed = print.mock.calls.map(([line]) => String(line));
    print.mockRestore();
    expect([failures, printed]).toEqual([
      0,
      ['fuzz frame/fixtures/unprepared: skipped: there is no compiler'],
    ]);
  });
});

describe('loadTarget', () => {
  it('makes the same mutation of a seed and an index, and different ones of others', async () => {
    const [first, second] = [await loadTarget(target), await loadTarget(target)];
    const texts = [0, 1, 2, 3, 4].map((index) => Buffer.from(first.mutation(7, index).bytes).toString('hex'));
    expect(
      [4, 3, 2, 1, 0].map((i) => Buffer.from(second.mutation(7, i).bytes).toString('hex')).reverse(),
    ).toEqual(texts);
    expect(new Set(texts).size).toBeGreaterThan(1);
    expect([0, 1, 2, 3, 4].map((i) => Buffer.from(first.mutation(8, i).bytes).toString('hex'))).not.toEqual(
      texts,
    );
  });
});
