import { describe, expect, it } from 'vitest';
import { closeAfter } from './close-after.js';

describe('closeAfter', () => {
  it('returns what the body returns, after closing', async () => {
    const calls: string[] = [];
    const close = (): void => void calls.push('close');
    expect(await closeAfter(() => calls.push('body'), close)).toBe(1);
    expect(calls).toEqual(['body', 'close']);
  });

  it.each([
    ['first', 'second', 'first'],
    ['first', undefined, 'first'],
    [undefined, 'second', 'second'],
  ])('reports the first error: body %s, close %s', async (body, close, reported) => {
    let closed = 0;
    const failing = (message: string | undefined) => (): void => {
      if (message !== undefined) throw new Error(message);
    };
    const closing = (): void => {
      closed++;
      failing(close)();
    };
    await expect(closeAfter(failing(body), closing)).rejects.toThrow(reported);
    await expect(closeAfter(() => Promise.resolve().then(failing(body)), closing)).rejects.toThrow(reported);
    expect(closed).toBe(2);
  });
});
