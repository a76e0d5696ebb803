import { describe, expect, it } from 'vitest';
import { UsageError, parseArguments } from './arguments.mjs';

describe('parseArguments', () => {
  it('measures everything, as many rounds as each benchmark takes, by default', () => {
    expect(parseArguments([])).toMatchObject({
      only: [],
      json: false,
      threads: undefined,
      rounds: undefined,
      measurements: 3,
      steps: 5000,
      peer: true,
      save: true,
      pageOnly: false,
    });
  });

  it('reads names with commas', () => {
    expect(parseArguments(['--only', 'soak, gate-overhead']).only).toEqual(['soak', 'gate-overhead']);
  });

  it('turns things off', () => {
    expect(parseArguments(['--no-save', '--no-peer'])).toMatchObject({ save: false, peer: false });
  });

  it('only writes the page if nothing else is asked', () => {
    expect(parseArguments(['--page']).pageOnly).toBe(true);
    expect(parseArguments(['--page', '--json'])).toMatchObject({ pageOnly: false, page: true });
  });

  it.each([
    [['--rounds', '0'], '--rounds: expected a whole number, at least 1, got 0'],
    [['--threads', 'all'], '--threads: expected a whole number, at least 1, got all'],
    [['--steps', '1'], '--steps: expected a whole number, at least 2, got 1'],
    [['--measurements', '1.5'], 'got 1.5'],
    [['--onyl', 'soak'], '--onyl'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(UsageError);
    expect(() => parseArguments(argv)).toThrow(message);
  });
});

it('takes names with and without --only', () => {
  expect(parseArguments(['soak', '--only', 'a,b']).only).toEqual(['soak', 'a', 'b']);
});
