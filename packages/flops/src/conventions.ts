import { assertRecord } from '@dmnn/foundation';
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
  assertRecord('conventions', conventions, 'an object like paperConventions');
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

/** The work of one layer for one image, before any convention is applied. Omitted parts are 0. */
export interface Work {
  /** Multiply–accumulates of convolutions and matrix products. */
  readonly macs?: number;
  /** Operations of normalisation layers. */
  readonly batchNormOperations?: number;
  /** Additions of biases. */
  readonly biasOperations?: number;
  /** Operations of activations, sums, pooling and similar layers. */
  readonly activationOperations?: number;
}

/** The cost of a layer's work under a convention, in the unit of that convention. */
export function costOf(work: Work, conventions: Conventions): number {
  const operations =
    (conventions.batchNorm ? (work.batchNormOperations ?? 0) : 0) +
    (conventions.bias ? (work.biasOperations ?? 0) : 0) +
    (conventions.activations ? (work.activationOperations ?? 0) : 0);
  return unitFactor(conventions) * ((work.macs ?? 0) + operations / 2);
}

/** The count of one multiply–accumulate: 1 or 2. */
function unitFactor({ unit }: Conventions): 1 | 2 {
  switch (unit) {
    case 'macs':
      return 1;
    case 'flops':
      return 2;
    default:
      throw new RangeError(
        `conventions.unit: expected 'macs' or 'flops', got ${String(unit satisfies never)}`,
      );
  }
}
