import * as flops from '@dmnn/flops';
import * as models from '@dmnn/flops/layers-model';
import * as gating from '@dmnn/gating';
import * as losses from '@dmnn/losses';
import * as tf from '@tensorflow/tfjs-core';
import { isDmnnError } from '@dmnn/foundation';
import { describe, expect, it } from 'vitest';

/** Values of every kind, as a program in JavaScript may pass. */
const values = [undefined, null, {}, 7, NaN, 'x', true, [], [7], [undefined], [{}], [[0.5]], () => 0];

const calls: readonly (readonly unknown[])[] = [
  [],
  ...values.map((value) => [value]),
  ...values.flatMap((first) => values.map((second) => [first, second])),
];

/** Whether an error is one of ours: it has a code, or names the argument and what was expected. */
function isTyped(error: unknown): boolean {
  if (isDmnnError(error)) return true;
  const isArgument = error instanceof TypeError || error instanceof RangeError;
  return isArgument && /^[\w.[\]]+(?:, \w+)?(?: \([^)]*\))?: expected .+, got /s.test(error.message);
}

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    tf.dispose(result as tf.TensorContainer);
    return typeof result === 'function' ? result : undefined;
  } catch (error) {
    return error;
  }
}

/** What is thrown, by the function or by what it returns, that is not an error of ours. */
async function untyped(call: (...given: readonly unknown[]) => unknown): Promise<Set<string>> {
  const found = new Set<string>();
  for (const given of calls) {
    const outcome = await errorOf(() => call(...given));
    if (outcome instanceof Error && !isTyped(outcome)) found.add(outcome.message);
    if (typeof outcome !== 'function') continue;
    for (const inner of [[], [undefined, undefined], [{}, {}], ['x', null]] as const) {
      const error = await errorOf(() => (outcome as (...given: readonly unknown[]) => unknown)(...inner));
      if (error instanceof Error && !isTyped(error)) found.add(error.message);
    }
  }
  return found;
}

describe.each(Object.entries({ gating, losses, flops, 'flops/layers-model': models }))(
  'wrong or missing arguments of @dmnn/%s',
  (_, exports) => {
    const functions = Object.entries(exports).filter(([, each]) => typeof each === 'function');

    it.each(functions)('%s', async (__, call) => {
      expect([...(await untyped(call as (...given: readonly unknown[]) => unknown))]).toEqual([]);
    });
  },
);

describe('messages', () => {
  const logits = () => tf.tensor3d([[[0, 1]]]);
  it.each([
    ['likeliest(logits)', () => gating.likeliest(logits(), undefined as never), 'at: expected an object with blockIndex and sampleKeys, got nothing'],
    ['sampled()', () => gating.sampled(undefined as never), 'options: expected an object with seed and epoch, got nothing'],
    ['flopsRate(gates)', () => losses.flopsRate([tf.tensor2d([[1]])], undefined as never), 'table: expected the costs of flopsTable, got nothing'],
    ['resourceLoss with text', () => losses.resourceLoss({ rates: ['x'], flopsRate: 0.5, target: 0.5 } as never), 'rates[0]: expected a number, got a string'],
    ['countLayersModel()', () => models.countLayersModel(undefined as never), 'model: expected a built tf.LayersModel'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  }); // prettier-ignore

  it('resourceLoss takes plain numbers', () => {
    const { total } = losses.resourceLoss({ rates: [0.75], flopsRate: 0.8, target: 0.5 });
    expect(total.dataSync()[0]).toBeCloseTo(0.25 ** 2 + 0.3 ** 2, 6);
    const tensors = losses.resourceLoss({
      rates: tf.tensor1d([0.75]),
      flopsRate: tf.scalar(0.8),
      target: 0.5,
    });
    expect(tensors.total.dataSync()[0]).toBe(total.dataSync()[0]);
  });
});
