import { expect, it, vi } from 'vitest';
import type { Classifier } from './classifier.js';
import type * as PredictImages from './predict-images.js';
import { predict } from './predict.js';

const world = vi.hoisted(() => ({ closed: 0, failsToClose: false, failsToPredict: true }));

vi.mock('./session-classifier.js', () => ({
  sessionClassifier: (): Promise<{ classifier: Partial<Classifier> }> =>
    Promise.resolve({
      classifier: {
        close: () => {
          world.closed += 1;
          return world.failsToClose ? Promise.reject(new Error('a worker hangs')) : Promise.resolve();
        },
      },
    }),
}));

vi.mock('./predict-images.js', async (original) => ({
  ...(await original<typeof PredictImages>()),
  predictImages: async function* (images: readonly string[]): AsyncGenerator<string> {
    for (const image of images) yield await Promise.resolve(image);
    if (world.failsToPredict) throw new Error('not finite');
  },
}));

it.each([
  [false, true, 'not finite'],
  [true, true, 'not finite'],
  [true, false, 'a worker hangs'],
])('closes the model, and reports the first error: %s, %s', async (failsToClose, failsToPredict, first) => {
  Object.assign(world, { closed: 0, failsToClose, failsToPredict });
  const seen: unknown[] = [];
  const run = async (): Promise<void> => {
    for await (const one of predict(['a.png', 'b.png'], { model: 'model.onnx' })) seen.push(one);
  };
  await expect(run()).rejects.toThrow(first);
  expect(seen).toEqual(['a.png', 'b.png']);
  expect(world.closed).toBe(1);
});
