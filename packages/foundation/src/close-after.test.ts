import { describe, expect, it } from 'vitest';
import { closeAfter, closeAfterEach, closeAfterSync, closeIfFails, closeIfFailsSync } from './close-after.js';

/** Notes that it was called, then fails if there is a message. */
function noting(calls: string[], name: string, message?: string): () => string {
  return () => {
    calls.push(name);
    if (message !== undefined) throw new Error(message);
    return name;
  };
}

const later = (call: () => string) => (): Promise<string> => Promise.resolve().then(call);

/** Errors of the body and of two closes, and the one that is to be reported. */
const errors: readonly (readonly (string | undefined)[])[] = [
  ['body', 'close', 'other', 'body'],
  ['body', undefined, undefined, 'body'],
  [undefined, 'close', 'other', 'close'],
  [undefined, undefined, 'other', 'other'],
  ['body', undefined, 'other', 'body'],
];

/** The ways to close after a body, which is to be called here; each gives what the body gives. */
type Way = (body: () => string, ...closes: readonly (() => string)[]) => Promise<string>;

async function* itemsOf(body: () => string): AsyncGenerator<string> {
  yield await later(body)();
}

const always: readonly (readonly [string, Way])[] = [
  ['closeAfter', (body, ...closes) => closeAfter(body, ...closes)],
  ['closeAfter, with promises', (body, ...closes) => closeAfter(later(body), ...closes.map(later))],
  ['closeAfterSync', (body, ...closes) => new Promise((done) => { done(closeAfterSync(body, ...closes)); })], // prettier-ignore
  [
    'closeAfterEach',
    async (body, ...closes) => {
      const found: string[] = [];
      for await (const item of closeAfterEach(itemsOf(body), ...closes.map(later))) found.push(item);
      return found.join();
    },
  ],
];

describe.each(always)('%s', (_, way) => {
  it('gives what the body gives, after closing in turn', async () => {
    const calls: string[] = [];
    const result = await way(noting(calls, 'body'), noting(calls, 'one'), noting(calls, 'two'));
    expect(result).toBe('body');
    expect(calls).toEqual(['body', 'one', 'two']);
  });

  it.each(errors)('closes all, and reports the first error: %s, %s, %s', async (body, one, two, reported) => {
    const calls: string[] = [];
    const run = way(noting(calls, 'body', body), noting(calls, 'one', one), noting(calls, 'two', two));
    await expect(run).rejects.toThrow(reported);
    expect(calls).toEqual(['body', 'one', 'two']);
  });
});

describe('closeAfterEach', () => {
  async function* numbers(calls: string[]): AsyncGenerator<number> {
    try {
      for (const number of [1, 2, 3]) yield await Promise.resolve(number);
    } finally {
      calls.push('left');
    }
  }

  it('closes where the loop is left early', async () => {
    const calls: string[] = [];
    for await (const number of closeAfterEach(numbers(calls), noting(calls, 'close')))
      if (number === 2) break;
    expect(calls).toEqual(['left', 'close']);
  });

  it.each([
    ['fails', 'loop', 'loop'],
    ['ends', undefined, 'close'],
  ])('reports the first error where the loop %s', async (_, message, reported) => {
    const calls: string[] = [];
    const run = async (): Promise<void> => {
      for await (const number of closeAfterEach(numbers(calls), noting(calls, 'close', 'close'))) {
        if (message !== undefined) throw new Error(message);
        if (number === 1) break;
      }
    };
    await expect(run()).rejects.toThrow(reported);
    expect(calls).toEqual(['left', 'close']);
  });
});

const ifFails: readonly (readonly [string, Way])[] = [
  ['closeIfFails', (body, ...closes) => closeIfFails(later(body), ...closes.map(later))],
  ['closeIfFailsSync', (body, ...closes) => new Promise((done) => { done(closeIfFailsSync(body, ...closes)); })], // prettier-ignore
];

describe.each(ifFails)('%s', (_, way) => {
  it('leaves open what was made', async () => {
    const calls: string[] = [];
    expect(await way(noting(calls, 'body'), noting(calls, 'close', 'never'))).toBe('body');
    expect(calls).toEqual(['body']);
  });

  it('closes all where the body fails, and reports its error', async () => {
    const calls: string[] = [];
    const run = way(noting(calls, 'body', 'first'), noting(calls, 'one', 'second'), noting(calls, 'two'));
    await expect(run).rejects.toThrow('first');
    expect(calls).toEqual(['body', 'one', 'two']);
  });
});
