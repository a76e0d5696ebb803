import * as tf from '@tensorflow/tfjs-core';
import { type KernelInputs, referenceNormSum, referenceNormSumGrad } from './reference-norm-sum.js';

/** Settings of `DmnnPointwiseSum` and `DmnnPointwiseSumGrad`. */
interface PointwiseSumSettings {
  readonly paths: number;
  readonly shortcutNormalised: boolean;
  /** Bounds of the sum; infinite if there are none. */
  readonly bounds: readonly [low: number, high: number];
  readonly epsilon: number;
  readonly gateColumns: readonly number[];
  /** Forward only. */
  readonly pooled?: boolean;
  /** Backward only. */
  readonly upstreams?: number;
}

function inputOf(inputs: KernelInputs, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`${name}: expected a tensor, got none`);
  return tensor;
}

/** `[rows, steps] · [steps, columns]`, row by row, in float64. */
function product(
  [rows, steps, columns]: readonly [number, number, number],
  a: (row: number, step: number) => number,
  b: (step: number, column: number) => number,
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < steps; s++) {
      const factor = a(r, s);
      for (let c = 0; c < columns; c++) {
        const at = r * columns + c;
        result[at] = (result[at] as number) + factor * b(s, c);
      }
    }
  }
  return result;
}

interface Matrices {
  readonly rows: number;
  readonly hidden: number;
  readonly channels: number;
  /** `[B, …, C]` */
  readonly mapShape: number[];
  readonly x: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

function matricesOf(inputs: KernelInputs, p: number): Matrices {
  const x = inputOf(inputs, `x${p}`);
  const weight = inputOf(inputs, `weight${p}`);
  const [hidden, channels] = weight.shape.slice(2) as [number, number];
  return {
    rows: x.size / hidden,
    hidden,
    channels,
    mapShape: [...x.shape.slice(0, -1), channels],
    x: x.dataSync<'float32'>(),
    weight: weight.dataSync<'float32'>(),
  };
}

/** The results of the 1×1 convolutions, and the projection as one more path. */
function wideInputs(inputs: KernelInputs, { paths, shortcutNormalised }: PointwiseSumSettings): KernelInputs {
  const wide = Array.from({ length: paths }, (_, p): [string, tf.Tensor] => {
    const { rows, hidden, channels, mapShape, x, weight } = matricesOf(inputs, p);
    const y = product(
      [rows, hidden, channels],
      (r, i) => x[r * hidden + i] as number,
      (i, c) => weight[i * channels + c] as number,
    );
    return [`x${p}`, tf.tensor(Float32Array.from(y), mapShape)];
  });
  if (shortcutNormalised) wide.push([`x${paths}`, inputOf(inputs, 'shortcut')]);
  const rest = Object.entries(inputs).filter(
    ([name]) =>
      !/^(x|weight|hiddenMean|spread)\d+$/.test(name) && !(shortcutNormalised && name === 'shortcut'),
  );
  return Object.fromEntries([...wide, ...rest]);
}

function normSumSettings(settings: PointwiseSumSettings) {
  const { paths, shortcutNormalised, bounds, epsilon, gateColumns } = settings;
  return {
    paths: paths + Number(shortcutNormalised),
    normalised: true,
    bounds,
    epsilon,
    gateColumns: shortcutNormalised ? [...gateColumns, -1] : gateColumns,
    splits: [],
  };
}

/** Mean of the rows of x, and its covariance times the weight. */
function momentsOf({ rows, hidden, channels, x, weight }: Matrices): {
  mean: Float64Array;
  spread: Float64Array;
} {
  const at = (r: number, i: number) => x[r * hidden + i] as number;
  const mean = product([1, rows, hidden], () => 1 / rows, at);
  const off = (r: number, i: number) => at(r, i) - (mean[i] as number);
  const covariance = product([hidden, rows, hidden], (i, r) => off(r, i) / rows, off);
  const spread = product(
    [hidden, hidden, channels],
    (i, j) => covariance[i * hidden + j] as number,
    (j, c) => weight[j * channels + c] as number,
  );
  return { mean, spread };
}

/** `DmnnPointwiseSum` by its definition: 1×1 convolutions, then `DmnnNormSum`. */
export function referencePointwiseSum(inputs: KernelInputs, settings: PointwiseSumSettings): tf.Tensor[] {
  const { paths, pooled = false } = settings;
  const results = tf.tidy(() =>
    referenceNormSum(wideInputs(inputs, settings), { ...normSumSettings(settings), pooled }),
  );
  const all = Array.from({ length: paths }, (_, p) => {
    const matrices = matricesOf(inputs, p);
    const { mean, spread } = momentsOf(matrices);
    const { hidden, channels } = matrices;
    return [
      tf.tensor(Float32Array.from(mean)),
      tf.tensor(Float32Array.from(spread), [hidden, channels]),
    ] as const;
  });
  const norms = paths + Number(settings.shortcutNormalised);
  return [
    ...results.slice(0, 1 + 2 * norms),
    ...all.map(([mean]) => mean),
    ...all.map(([, spread]) => spread),
    ...results.slice(1 + 2 * norms),
  ];
}

/** The gradient of {@link referencePointwiseSum}. */
export function referencePointwiseSumGrad(inputs: KernelInputs, settings: PointwiseSumSettings): tf.Tensor[] {
  const { paths, shortcutNormalised, upstreams = 1 } = settings;
  const norms = paths + Number(shortcutNormalised);
  return tf.tidy(() => {
    const results = referenceNormSumGrad(wideInputs(inputs, settings), {
      ...normSumSettings(settings),
      upstreams,
      shortcut: !shortcutNormalised,
    });
    const gradients = results.slice(0, paths).map((dy, p) => {
      const { rows, hidden, channels, x, weight } = matricesOf(inputs, p);
      const d = dy.dataSync<'float32'>();
      const dx = product(
        [rows, channels, hidden],
        (r, c) => d[r * channels + c] as number,
        (c, i) => weight[i * channels + c] as number,
      );
      const dweight = product(
        [hidden, rows, channels],
        (i, r) => x[r * hidden + i] as number,
        (r, c) => d[r * channels + c] as number,
      );
      return [
        tf.tensor(Float32Array.from(dx), inputOf(inputs, `x${p}`).shape),
        tf.tensor(Float32Array.from(dweight), [1, 1, hidden, channels]),
      ] as const;
    });
    const rest = results.slice(norms);
    return [
      ...gradients.map(([dx]) => dx),
      ...gradients.map(([, dweight]) => dweight),
      ...rest,
      ...(shortcutNormalised ? [results[paths] as tf.Tensor] : []),
    ];
  });
}
