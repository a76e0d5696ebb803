import type { FoldedUnit } from '@dmnn/weights/internal';

/** How a map is kept in 8 bits: a whole number q from 0 to 255 stands for scale · (q − zeroPoint). */
export interface QuantisedForm {
  /** A float32 above 0. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The numbers of a convolution in whole numbers. */
export interface QuantisedFilter {
  /** `[out, in / groups, k, k]`, from −127 to 127. */
  readonly weight: Int8Array;
  /** `[out]`: what the whole numbers of the filter stand for. */
  readonly scales: Float32Array;
  /** `[out]`, in multiples of `biasScales`. */
  readonly bias: Int32Array;
  /** `[out]`: the scale of the input · that of the filter. */
  readonly biasScales: Float32Array;
}

const MOST = 127;
/** Largest whole number of a bias: sums of products are added to it within 32 bits. */
const MOST_OF_BIAS = 2 ** 30;
/** The smallest float32 with all its bits. */
const LEAST_SCALE = 2 ** -126;

/** A scale for a range that `levels` whole numbers cover: where everything is 0, or as good as that, any will do. */
export function scaleOf(range: number, levels: number): number {
  const scale = Math.fround(range / levels);
  return scale >= LEAST_SCALE ? scale : 1;
}

/**
 * A filter in multiples of one scale for each output channel: its largest magnitude / 127, as in the compiled engine.
 * Where the bias is so large compared with the filter that it would not fit 32 bits, the scale is larger.
 *
 * @param inputScale - of the map that the unit reads
 */
export function quantisedFilter(
  { weight, bias, outChannels }: Pick<FoldedUnit, 'weight' | 'bias' | 'outChannels'>,
  inputScale: number,
): QuantisedFilter {
  const row = weight.length / outChannels;
  const whole = new Int8Array(weight.length);
  const scales = new Float32Array(outChannels);
  const biasScales = new Float32Array(outChannels);
  const wholeBias = new Int32Array(outChannels);
  for (let o = 0; o < outChannels; o++) {
    const filter = weight.subarray(o * row, (o + 1) * row);
    const largest = filter.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const own = bias[o] as number;
    const scale = scaleOf(Math.max(largest, (Math.abs(own) * MOST) / (inputScale * MOST_OF_BIAS)), MOST);
    scales[o] = scale;
    for (const [i, value] of filter.entries()) {
      whole[o * row + i] = clamped(roundHalfEven(Math.fround(value / scale)), MOST);
    }
    biasScales[o] = inputScale * scale;
    wholeBias[o] = clamped(Math.round(own / (biasScales[o] as number)), MOST_OF_BIAS);
  }
  return { weight: whole, scales, bias: wholeBias, biasScales };
}

function clamped(value: number, most: number): number {
  return Math.min(Math.max(value, -most), most);
}

/** The nearest whole number; of two that are equally near, the even one, as processors round. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}
