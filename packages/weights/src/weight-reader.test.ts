import { convUnit } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { WeightReader } from './weight-reader.js';
import { WeightsError } from './weights-error.js';
import type { Float32Tensor, WeightTensor } from './weights.js';

const tensor = (shape: readonly number[], value: number): Float32Tensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(value),
});

/** The variables of `convUnit(3, 2, 4, { groups: 2, bias: true })`. */
const unitWeights = (): Map<string, WeightTensor> =>
  new Map([
    ['u.weight', tensor([3, 3, 1, 4], 0.1)],
    ['u.bias', tensor([4], 0.2)],
    ['u.gamma', tensor([4], 0.3)],
    ['u.beta', tensor([4], 0.4)],
    ['u.movingMean', tensor([4], 0.5)],
    ['u.movingVariance', tensor([4], 0.6)],
  ]);

describe('WeightReader', () => {
  it('reads exactly the numbers that a unit has, unchanged', () => {
    const weights = unitWeights();
    const reader = new WeightReader(weights);
    const unit = reader.unit('u', convUnit(3, 2, 4, { groups: 2, bias: true }));
    expect(unit.weight).toBe(weights.get('u.weight')?.data);
    expect(unit.bias).toBe(weights.get('u.bias')?.data);
    expect(unit.batchNorm).toEqual({
      gamma: weights.get('u.gamma')?.data,
      beta: weights.get('u.beta')?.data,
      movingMean: weights.get('u.movingMean')?.data,
      movingVariance: weights.get('u.movingVariance')?.data,
    });
    const plain = reader.unit('u', convUnit(3, 2, 4, { groups: 2, batchNorm: false }));
    expect([plain.bias, plain.batchNorm]).toEqual([undefined, undefined]);
  });

  it.each<[string, (weights: Map<string, WeightTensor>) => void, string]>([
    ['missing', (weights) => weights.delete('u.beta'), 'u.beta: expected F32 [4], got nothing'],
    [
      'of another shape',
      (weights) => weights.set('u.weight', tensor([3, 3, 4, 1], 0)),
      'u.weight: expected F32 [3, 3, 1, 4], got F32 [3, 3, 4, 1]',
    ],
    [
      'of another type',
      (weights) => weights.set('u.bias', { dtype: 'I32', shape: [4], data: new Int32Array(4) }),
      'u.bias: expected F32 [4], got I32 [4]',
    ],
    [
      'too short for its shape',
      (weights) => weights.set('u.bias', { dtype: 'F32', shape: [4], data: new Float32Array(3) }),
      'u.bias: expected 4 numbers, got 3',
    ],
    [
      'not finite',
      (weights) => {
        weights.get('u.gamma')!.data[2] = Infinity;
      },
      'u.gamma: expected finite numbers, got Infinity at index 2',
    ],
    [
      'a negative variance',
      (weights) => {
        weights.get('u.movingVariance')!.data[1] = -1;
      },
      'u.movingVariance: expected variances of at least 0, got -1 at index 1',
    ],
  ])('refuses what is %s', (_, change, problem) => {
    const weights = unitWeights();
    change(weights);
    const read = () => new WeightReader(weights).unit('u', convUnit(3, 2, 4, { groups: 2, bias: true }));
    expect(read).toThrow(WeightsError);
    expect(read).toThrow(expect.objectContaining({ problems: [problem] }));
  });
});
