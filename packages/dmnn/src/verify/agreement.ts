/** What a network gives for one image, by whatever runs it. */
export interface Outputs {
  /** `[classes]` */
  readonly logits: Float32Array;
  /** `[l][n]`; empty if the file has no gates. */
  readonly gates: readonly (readonly boolean[])[];
}

/** What the network itself gives for one image. */
export interface ReferenceOutputs extends Outputs {
  /** `[l][n]`: on − off; a gate is on above 0. */
  readonly logOdds: readonly (readonly number[])[];
  /** `[e]`: logits of each exit. */
  readonly exitLogits: readonly Float32Array[];
}

/** Whether a file and the network agree on one image. */
export type Agreement =
  | {
      readonly kind: 'agrees';
      /** Largest difference of a logit, as a share of the largest magnitude of the network's. */
      readonly logitsDifference: number;
    }
  /** A gate differs whose log-odds are so close to 0 that rounding decides it: what comes after it is not comparable. */
  | { readonly kind: 'undecided' }
  /** `what` differs, for a message: name, the file's value, the network's value. */
  | { readonly kind: 'differs'; readonly what: string };

/** Largest difference of logits that rounding explains, as a share of the largest. */
const LOGITS_TOLERANCE = 1e-4;

/** What is compared: in float32 rounding explains little; 8 bits may open other gates, and give any logits but NaN. */
export type ComparedPrecision = 'f32' | 'int8';

/** Log-odds within this of 0 may fall on either side; of the largest in the block, if that is above 1. */
const LOG_ODDS_TOLERANCE = 1e-5;

/**
 * Compares outputs with the network's, block by block and then the logits.
 *
 * @param whose - what gave `ours`, for messages
 * @param precision - that of `ours`
 */
export function agreementOf(
  ours: Outputs,
  reference: Omit<ReferenceOutputs, 'exitLogits'>,
  whose = 'file',
  precision: ComparedPrecision = 'f32',
): Agreement {
  for (const [l, row] of reference.logOdds.entries()) {
    const wanted = reference.gates[l] ?? [];
    const got = ours.gates[l] ?? [];
    const different = wanted.flatMap((gate, n) => (gate === got[n] ? [] : [n]));
    const clear = different.find((n) => !isDecidedByRounding(row, n));
    if (clear !== undefined && precision === 'f32') {
      const words = [got[clear], wanted[clear]].map((gate) => (gate === true ? 'on' : 'off'));
      const what = `gate ${clear} of block ${l} is ${words[0]} in the ${whose} and ${words[1]} in the network, whose log-odds are ${row[clear]}`;
      return { kind: 'differs', what };
    }
    if (different.length > 0) return { kind: 'undecided' };
  }
  if (ours.logits.length !== reference.logits.length) {
    const what = `the ${whose} has ${ours.logits.length} logits and the network ${reference.logits.length}`;
    return { kind: 'differs', what };
  }
  return logitsAgreement(
    ours.logits,
    reference.logits,
    whose,
    precision === 'f32' ? LOGITS_TOLERANCE : Infinity,
  );
}

/** Whether the log-odds of a gate are so close to 0 that it may fall on either side. @param row - of its block */
export function isDecidedByRounding(row: readonly number[], n: number): boolean {
  const largest = Math.max(1, ...row.map(Math.abs));
  return Math.abs(row[n] as number) <= LOG_ODDS_TOLERANCE * largest;
}

function logitsAgreement(
  ours: Float32Array,
  reference: Float32Array,
  whose: string,
  tolerance: number,
): Agreement {
  const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let [worst, difference] = [0, 0];
  for (const [c, value] of reference.entries()) {
    const own = Math.abs((ours[c] as number) - value);
    if (own <= difference) continue; // false for NaN, which differs from everything
    [worst, difference] = [c, own];
    if (Number.isNaN(own)) break;
  }
  const logitsDifference = difference === 0 ? 0 : difference / largest;
  if (logitsDifference <= tolerance) return { kind: 'agrees', logitsDifference };
  const what = `logit ${worst} is ${ours[worst]} in the ${whose} and ${reference[worst]} in the network, ${logitsDifference.toExponential(1)} of the largest apart`;
  return { kind: 'differs', what };
}
