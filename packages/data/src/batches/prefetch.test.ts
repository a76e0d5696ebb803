import { describe, expect, it } from 'vitest';
import { prefetch } from './prefetch.js';

/** Resolves when all that can go on without time passing has gone on: promises come before this phase of Node's loop. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Counts from 0; says how far it was drawn and whether it was stopped. Waits for promises only, never for time. */
function counter(end: number, failAt = Infinity) {
  const seen = { drawn: 0, stopped: false };
  async function* numbers() {
    try {
      for (let n = 0; n < end; n++) {
        await Promise.resolve();
        if (n === failAt) throw new Error(`failed at ${n}`);
        seen.drawn++;
        yield n;
      }
    } finally {
      seen.stopped = true;
    }
  }
  return { seen, numbers: numbers() };
}

describe('prefetch', () => {
  it.each([1, 2, 5, 100])('passes everything on, in order, with %i ahead', async (ahead) => {
    const received = [];
    for await (const n of prefetch(counter(20).numbers, ahead)) received.push(n);
    expect(received).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('draws ahead, but no further than asked', async () => {
    const { seen, numbers } = counter(100);
    const iterator = prefetch(numbers, 3);
    await iterator.next();
    await settled();
    expect(seen.drawn).toBe(4); // the one taken and three ahead
    await iterator.return();
  });

  it('passes an error on at its place', async () => {
    const { numbers, seen } = counter(10, 3);
    const received: number[] = [];
    const loop = async () => {
      for await (const n of prefetch(numbers, 4)) {
        received.push(n);
        await settled();
      }
    };
    await expect(loop()).rejects.toThrow('failed at 3');
    expect(received).toEqual([0, 1, 2]);
    expect(seen.stopped).toBe(true);
  });

  it('stops the source when the loop is left, even before an error that waits', async () => {
    const { numbers, seen } = counter(100, 2);
    for await (const n of prefetch(numbers, 4)) {
      await settled();
      expect(n).toBe(0);
      break;
    }
    expect(seen.stopped).toBe(true);
    const drawn = seen.drawn;
    await settled();
    expect(seen.drawn).toBe(drawn);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d ahead', (ahead) => {
    expect(() => prefetch(counter(1).numbers, ahead)).toThrow(RangeError);
  });
});
