import { describe, expect, it } from 'vitest';
import type { EngineOutputs, ImageRunner } from './engine.js';
import { ImageQueue } from './image-queue.js';

const outputs = (value: number): EngineOutputs => ({ logits: Float32Array.of(value), macs: 1 });
const image = (value: number): Float32Array => Float32Array.of(value);
/** Images of this value end their runner. */
const POISON = -1;

/** A runner that takes a turn of the event loop for an image, and keeps book. */
function runnerOf(log: { released: number; opened: number }, isLostAt = POISON): ImageRunner {
  log.opened += 1;
  let lost = false;
  return {
    run: async ([value = 0]) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (lost || value === isLostAt) {
        lost = true;
        throw new Error('ended');
      }
      return outputs(value);
    },
    isLost: () => lost,
    release: () => {
      log.released += 1;
      return Promise.resolve();
    },
  };
}

const statusOf = async (runs: readonly Promise<EngineOutputs>[]): Promise<string[]> =>
  (await Promise.allSettled(runs)).map((each) =>
    each.status === 'fulfilled' ? String(each.value.logits[0]) : (each.reason as Error).message,
  );

describe('ImageQueue', () => {
  it('replaces a lost runner, which costs its own image only', async () => {
    const log = { released: 0, opened: 0 };
    const open = (): Promise<ImageRunner> => Promise.resolve(runnerOf(log));
    const queue = new ImageQueue([runnerOf(log), runnerOf(log)], open);
    const values = Array.from({ length: 60 }, (_, i) => (i % 20 === 3 ? POISON : i));
    const expected = values.map((value) => (value === POISON ? 'ended' : String(value)));
    expect(await statusOf(values.map((value) => queue.run(image(value))))).toEqual(expected);
    expect(await statusOf([queue.run(image(1)), queue.run(image(2))])).toEqual(['1', '2']);
    await queue.close();
    expect(log).toEqual({ released: 2, opened: 5 });
  });

  it('leaves a runner out that cannot be replaced, and says so where none is left; then tries again', async () => {
    const log = { released: 0, opened: 0 };
    let works = false;
    const open = (): Promise<ImageRunner> =>
      works ? Promise.resolve(runnerOf(log)) : Promise.reject(new Error('no thread'));
    const queue = new ImageQueue([runnerOf(log), runnerOf(log)], open);
    expect(await statusOf([POISON, 1, 2].map((value) => queue.run(image(value))))).toEqual([
      'ended',
      '1',
      '2',
    ]);
    const [first, ...others] = await statusOf([POISON, 1, 2].map((value) => queue.run(image(value))));
    expect(first).toBe('ended');
    for (const one of others) expect(one).toMatch(/got none: .*another did not start: no thread/);
    await expect(queue.run(image(1))).rejects.toMatchObject({ code: 'DMNN_SESSION' });
    works = true;
    expect(await statusOf([queue.run(image(5))])).toEqual(['5']);
  });

  it('replaces a runner that ended while it had no image', async () => {
    const log = { released: 0, opened: 0 };
    const dead: ImageRunner = { ...runnerOf(log), isLost: () => true };
    const queue = new ImageQueue([dead], () => Promise.resolve(runnerOf(log)));
    expect(await statusOf([queue.run(image(4))])).toEqual(['4']);
  });

  it('rejects what runs and what waits when it is closed, at once, and closes what opens then', async () => {
    const log = { released: 0, opened: 0 };
    let opened: (runner: ImageRunner) => void = () => undefined;
    const never: ImageRunner = { ...runnerOf(log), run: () => new Promise(() => undefined) };
    const queue = new ImageQueue([never, runnerOf(log)], () => new Promise((resolve) => (opened = resolve)));
    expect(await statusOf([queue.run(image(POISON))])).toEqual(['ended']);
    const runs = [queue.run(image(1)), queue.run(image(2))];
    const [rejected] = await Promise.all([Promise.allSettled(runs), queue.close(), queue.close()]);
    for (const one of rejected) expect(one).toMatchObject({ reason: { code: 'DMNN_SESSION' } });
    await expect(queue.run(image(3))).rejects.toThrow(/expected an open session, got a closed one/);
    opened(runnerOf(log));
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.released).toBe(2);
  });
});
