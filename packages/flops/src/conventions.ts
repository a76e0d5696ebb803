import { unitFactor } from './conventions.js';

/**
 * What a count includes. Two numbers are comparable only under the same conventions, so every count carries its
 * conventions.
 *
 * A multiply–accumulate is one MAC or two FLOPs. Any other operation (addition, comparison, division, exponential) is
 * one FLOP or half a MAC, so that a network has exactly twice as many FLOPs as MACs.
 */
export interface Conventions {
  /** Multiply–accumulates, or floating-point operations: 2 for each multiply–accumulate. */
  readonly unit: 'macs' | 'flops';
  /** Batch norm at inference: a scale and a shift, 2 operations per output. */
  readonly batchNorm: boolean;
  /** Biases of convolutions and linear layers: 1 operation per output. */
  readonly bias: boolean;
  /**
   * Activations and all other operations without parameters: sums of paths, pooling, the comparison of gate logits.
   */
  readonly activations: boolean;
  /** Controllers, with their parameters. */
  readonly controllers: boolean;
}

/**
 * The paper's convention: one multiply–accumulate of a convolution or linear layer is one "FLOP", controllers included.
 *
 * @see DMNN §4, Tables 1 to 4
 */
export const paperConventions: Conventions = {
  unit: 'macs',
  batchNorm: false,
  bias: false,
  activations: false,
  controllers: true,
};

/**
 * The conventions in one line, to be printed with every number.
 *
 * @throws RangeError if `unit` is neither `'macs'` nor `'flops'`
 * @example
 * ```ts
 * import { describeConventions, paperConventions } from '@dmnn/flops';
 *
 * console.log(describeConventions(paperConventions).split('; ')[0]); // => multiply-accumulates
 * console.log(describeConventions({ ...paperConventions, unit: 'flops' }).split('; ')[0]); // => FLOPs (2 per multiply-accumulate)
 * ```
 */
export function describeConventions(conventions: Conventions): string {
  const switches: readonly [name: string, on: boolean][] = [
    ['controllers', conventions.controllers],
    ['batch norm', conventions.batchNorm],
    ['bias', conventions.bias],
    ['activations and pooling', conventions.activations],
  ];
  const names = (wanted: boolean): string =>
    switches
      .filter(([, on]) => on === wanted)
      .map(([name]) => name)
      .join(', ');
  const unit = unitFactor(conventions) === 1 ? 'multiply-accumulates' : 'FLOPs (2 per multiply-accumulate)';
  return [
    unit,
    'convolutions and linear layers',
    ...(names(true) ? [`${names(true)} included`] : []),
    ...(names(false) ? [`${names(false)} not`] : []),
  ].join('; ');
}
