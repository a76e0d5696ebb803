import * as tf from '@tensorflow/tfjs-core';

/** Inputs of a kernel, by name. */
export interface KernelInputs {
  readonly [name: string]: tf.Tensor;
}

/** Settings of `DmnnNormSum` and `DmnnNormSumGrad`. */
export interface NormSumSettings {
  readonly paths: number;
  readonly normalised: boolean;
  /** Bounds of the sum; infinite if there are none. */
  readonly bounds: readonly [low: number, high: number];
  readonly epsilon: number;
  readonly gateColumns: readonly number[];
  readonly splits: readonly number[];
  /** Forward only. */
  readonly pooled?: boolean;
  /** Backward only. */
  readonly upstreams?: number;
  /** Backward only. */
  readonly shortcut?: boolean;
}

type Numbers = ArrayLike<number>;

/** `[B, H, W, C]`, or of any other rank from 2 on. */
interface Extents {
  readonly shape: number[];
  readonly images: number;
  readonly pixels: number;
  readonly channels: number;
  readonly size: number;
}

function numbersOf(inputs: KernelInputs, name: string, count: number): Numbers[] {
  return Array.from({ length: count }, (_, i) => numberOf(inputs, `${name}${i}`));
}

function numberOf(inputs: KernelInputs, name: string): Numbers {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`${name}: expected a tensor, got none`);
  return tensor.dataSync<'float32'>();
}

function extentsOf(inputs: KernelInputs, paths: number): Extents {
  const shape = [...(inputs['x0'] as tf.Tensor).shape];
  for (let p = 0; p < paths; p++) {
    const other = inputs[`x${p}`]?.shape.join();
    if (other !== shape.join()) throw new Error(`x${p}: expected [${shape.join()}], got [${String(other)}]`);
  }
  const images = shape[0] as number;
  const channels = shape.at(-1) as number;
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, images, channels, size, pixels: size / images / channels };
}

/** Sums of f(i) over all values of a channel. */
function perChannel({ size, channels }: Extents, f: (i: number) => number): number[] {
  const sums = new Array<number>(channels).fill(0);
  for (let i = 0; i < size; i++) sums[i % channels] = (sums[i % channels] as number) + f(i);
  return sums;
}

/** The part that both directions share: batch norm as an affine function, and the gate of each path. */
function termsOf(
  inputs: KernelInputs,
  { paths, normalised, epsilon, gateColumns }: NormSumSettings,
  { size, channels, pixels }: Extents,
  means: readonly Numbers[],
  variances: readonly Numbers[],
) {
  const norms = normalised ? paths : 0;
  const scales = numbersOf(inputs, 'scale', norms);
  const offsets = numbersOf(inputs, 'offset', norms);
  const columns = inputs['gates']?.shape[1] ?? 0;
  const gates = inputs['gates'] ? numberOf(inputs, 'gates') : [];
  const imageOf = (i: number): number => Math.floor(i / (pixels * channels));
  const at = (list: readonly Numbers[], p: number, i: number): number => list[p]?.[i % channels] as number;
  const inverse = (p: number, i: number): number => 1 / Math.sqrt(at(variances, p, i) + epsilon);
  return {
    size,
    scales,
    inverse,
    imageOf,
    columns,
    gate: (p: number, i: number): number => {
      const column = gateColumns[p] as number;
      return column < 0 ? 1 : (gates[imageOf(i) * columns + column] as number);
    },
    /** (x − mean) / deviation */
    standard: (x: number, p: number, i: number): number => (x - at(means, p, i)) * inverse(p, i),
    /** The contribution of a path before its gate. */
    value: (x: number, p: number, i: number): number =>
      normalised ? (x - at(means, p, i)) * inverse(p, i) * at(scales, p, i) + at(offsets, p, i) : x,
  };
}

/** A number clipped to two bounds. NaN stays NaN. */
export function bounded(v: number, [low, high]: NormSumSettings['bounds']): number {
  return Math.min(Math.max(v, low), high);
}

/** Start and width of each part of the channels. */
function partsOf(splits: readonly number[], channels: number): { begin: number; width: number }[] {
  const widths = splits.length > 0 ? splits : [channels];
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total !== channels) throw new Error(`splits: expected a sum of ${channels}, got ${total}`);
  return widths.map((width, s) => ({
    width,
    begin: widths.slice(0, s).reduce((sum, each) => sum + each, 0),
  }));
}

function tensorOf(numbers: ArrayLike<number>, shape: readonly number[]): tf.Tensor {
  return tf.tensor(Float32Array.from(numbers), [...shape], 'float32');
}

/**
 * `DmnnNormSum` in plain JavaScript, value by value in float64: bounded(shortcut + Σ_p gate_p · batchNorm_p(x_p)),
 * in parts; then means, biased variances, and the mean over each map.
 *
 * A path whose gate is 0 is not read.
 */
export function referenceNormSum(inputs: KernelInputs, settings: NormSumSettings): tf.Tensor[] {
  const { paths, normalised, bounds, splits, pooled = false } = settings;
  const extents = extentsOf(inputs, paths);
  const { shape, images, pixels, channels, size } = extents;
  const x = numbersOf(inputs, 'x', paths);
  const norms = normalised ? x : [];
  const count = images * pixels;
  const means = norms.map((each) => perChannel(extents, (i) => (each[i] as number) / count));
  const variances = norms.map((each, p) =>
    perChannel(extents, (i) => ((each[i] as number) - (means[p]?.[i % channels] as number)) ** 2 / count),
  );
  const { gate, value } = termsOf(inputs, settings, extents, means, variances);
  const shortcut = inputs['shortcut'] && numberOf(inputs, 'shortcut');
  const y = Array.from({ length: size }, (_, i) => {
    let sum = shortcut?.[i] ?? 0;
    for (let p = 0; p < paths; p++) {
      const open = gate(p, i);
      if (open !== 0) sum += open * value(x[p]?.[i] as number, p, i);
    }
    return bounded(sum, bounds);
  });
  const mean = new Array<number>(images * channels).fill(0);
  y.forEach((each, i) => {
    const at = Math.floor(i / (pixels * channels)) * channels + (i % channels);
    mean[at] = (mean[at] as number) + each / pixels;
  });
  return [
    ...partsOf(splits, channels).map(({ begin, width }) =>
      tensorOf(
        y.filter((_, i) => i % channels >= begin && i % channels < begin + width),
        [...shape.slice(0, -1), width],
      ),
    ),
    ...[...means, ...variances].map((each) => tensorOf(each, [channels])),
    ...(pooled ? [tensorOf(mean, [images, channels])] : []),
  ];
}

/** `DmnnNormSumGrad` in plain JavaScript, value by value in float64. */
export function referenceNormSumGrad(inputs: KernelInputs, settings: NormSumSettings): tf.Tensor[] {
  const { paths, normalised, bounds, splits, upstreams = 1, shortcut = false } = settings;
  const extents = extentsOf(inputs, paths);
  const { shape, images, pixels, channels, size } = extents;
  const x = numbersOf(inputs, 'x', paths);
  const norms = normalised ? paths : 0;
  const [means, variances] = [numbersOf(inputs, 'mean', norms), numbersOf(inputs, 'variance', norms)];
  const terms = termsOf(inputs, settings, extents, means, variances);
  const { gate, value, standard, inverse, imageOf, scales, columns } = terms;

  const parts = partsOf(splits, channels);
  const dy = numbersOf(inputs, 'dy', upstreams);
  const dpooled = inputs['dpooled'] && numberOf(inputs, 'dpooled');
  const kept = inputs['y'] && numberOf(inputs, 'y');
  const e = Array.from({ length: size }, (_, i) => {
    const channel = i % channels;
    const part = parts.findIndex(({ begin, width }) => channel >= begin && channel < begin + width);
    const { begin, width } = parts[part] as { begin: number; width: number };
    let sum = (dpooled?.[imageOf(i) * channels + channel] ?? 0) / pixels;
    for (let d = part; d < upstreams; d += parts.length)
      sum += dy[d]?.[Math.floor(i / channels) * width + channel - begin] as number;
    if (!bounds.some(Number.isFinite)) return sum;
    if (!kept && (paths > 1 || !normalised))
      throw new Error('y: expected with bounds on more than one normalised path');
    const y = kept ? (kept[i] as number) : value(x[0]?.[i] as number, 0, i);
    const [low, high] = bounds;
    return y > low && (high === Infinity || y < high) ? sum : 0;
  });

  const count = images * pixels;
  const dx: tf.Tensor[] = [];
  const dscales: tf.Tensor[] = [];
  const doffsets: tf.Tensor[] = [];
  const dgates = new Array<number>(images * columns).fill(0);
  for (let p = 0; p < paths; p++) {
    const own = x[p] as Numbers;
    const column = settings.gateColumns[p] as number;
    for (let i = 0; i < size && column >= 0; i++) {
      const at = imageOf(i) * columns + column;
      dgates[at] = (dgates[at] as number) + (e[i] as number) * value(own[i] as number, p, i);
    }
    const gated = (i: number): number => gate(p, i) * (e[i] as number);
    if (!normalised) {
      dx.push(
        tensorOf(
          Array.from({ length: size }, (_, i) => gated(i)),
          shape,
        ),
      );
      continue;
    }
    const doffset = perChannel(extents, gated);
    const dscale = perChannel(extents, (i) => gated(i) * standard(own[i] as number, p, i));
    const gradient = Array.from({ length: size }, (_, i) => {
      const c = i % channels;
      const through = (doffset[c] as number) + standard(own[i] as number, p, i) * (dscale[c] as number);
      return (scales[p]?.[c] as number) * inverse(p, i) * (gated(i) - through / count);
    });
    dx.push(tensorOf(gradient, shape));
    dscales.push(tensorOf(dscale, [channels]));
    doffsets.push(tensorOf(doffset, [channels]));
  }
  return [
    ...dx,
    ...dscales,
    ...doffsets,
    ...(inputs['gates'] ? [tensorOf(dgates, [images, columns])] : []),
    ...(shortcut ? [tensorOf(e, shape)] : []),
  ];
}
