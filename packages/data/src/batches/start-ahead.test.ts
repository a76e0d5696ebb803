import { describe, expect, it } from 'vitest';
import { startAhead } from './start-ahead.js';

describe('startAhead', () => {
  it('hands items out in order, whatever is ready first, and starts no more than asked', async () => {
    let [started, most, taken] = [0, 0, 0];
    const unfinished: (() => void)[] = [];
    const items = startAhead(9, 2, (index) => {
      started++;
      most = Math.max(most, started - taken);
      return new Promise<number>((resolve) => {
        unfinished.push(() => {
          resolve(index);
        });
      });
    });
    const received: number[] = [];
    const loop = (async () => {
      for await (const item of items) {
        received.push(item);
        taken++;
      }
    })();
    while (received.length < 9) {
      unfinished.pop()?.(); // of those that were started, the last is ready first
      await new Promise((resolve) => setImmediate(resolve));
    }
    await loop;
    expect(received).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(3); // the one that is waited for, and two
  });

  it('passes an error on at its place', async () => {
    const received: number[] = [];
    const loop = async () => {
      const make = (index: number) =>
        index === 2 ? Promise.reject(new Error('failed')) : Promise.resolve(index);
      for await (const item of startAhead(5, 3, make)) received.push(item);
    };
    await expect(loop()).rejects.toThrow('failed');
    expect(received).toEqual([0, 1]);
  });
});
