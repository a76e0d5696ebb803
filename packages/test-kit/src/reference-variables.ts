import * as tf from '@tensorflow/tfjs-core';
import type { KernelInputs } from './reference-norm-sum.js';

function dataOf(inputs: KernelInputs, name: string): Float32Array {
  return (inputs[name] as tf.Tensor).dataSync<'float32'>();
}

/** A tensor with the shape of an input, computed value by value. */
function like(inputs: KernelInputs, name: string, f: (i: number) => number): tf.Tensor {
  const { shape, size } = inputs[name] as tf.Tensor;
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => f(i)),
    shape,
    'float32',
  );
}

/** `DmnnMoveAverages` in plain JavaScript: `{average0 …, latest0 …, factors [N, 2]}` → new averages. */
export function referenceMoveAverages(inputs: KernelInputs, { averages }: { averages: number }): tf.Tensor[] {
  const factors = dataOf(inputs, 'factors');
  return Array.from({ length: averages }, (_, n) => {
    const [average, latest] = [dataOf(inputs, `average${n}`), dataOf(inputs, `latest${n}`)];
    const [keep, take] = [factors[2 * n] as number, factors[2 * n + 1] as number];
    return like(inputs, `average${n}`, (i) => keep * (average[i] as number) + take * (latest[i] as number));
  });
}

/**
 * `DmnnSgd` in plain JavaScript: `{value0 …, gradient0 …, velocity0 …, decays [N], rates [2]}` → new values, then new
 * velocities.
 */
export function referenceSgd(
  inputs: KernelInputs,
  { variables, nesterov }: { variables: number; nesterov: boolean },
): tf.Tensor[] {
  const [rate, momentum] = dataOf(inputs, 'rates') as unknown as [number, number];
  const decays = dataOf(inputs, 'decays');
  const steps = Array.from({ length: variables }, (_, n) => {
    const [value, gradient, velocity] = ['value', 'gradient', 'velocity'].map((name) =>
      dataOf(inputs, `${name}${n}`),
    ) as [Float32Array, Float32Array, Float32Array];
    const direction = (i: number): number =>
      (gradient[i] as number) + (decays[n] as number) * (value[i] as number);
    const next = (i: number): number => momentum * (velocity[i] as number) + direction(i);
    return {
      value: like(inputs, `value${n}`, (i) => {
        const step = nesterov ? direction(i) + momentum * next(i) : next(i);
        return (value[i] as number) - rate * step;
      }),
      velocity: like(inputs, `value${n}`, next),
    };
  });
  return [...steps.map(({ value }) => value), ...steps.map(({ velocity }) => velocity)];
}

/** `DmnnSumsOfSquares` in plain JavaScript: `{x0 …}` → `[N]`. */
export function referenceSumsOfSquares(inputs: KernelInputs, { tensors }: { tensors: number }): tf.Tensor {
  return tf.tensor1d(
    Array.from({ length: tensors }, (_, n) =>
      dataOf(inputs, `x${n}`).reduce((sum, value) => sum + value * value, 0),
    ),
  );
}
