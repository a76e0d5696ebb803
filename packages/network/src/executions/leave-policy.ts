import { executionError } from './execution-error.js';

/** Where images stand that a {@link LeavePolicy} decides about. */
export interface AtExit {
  /** From 0. */
  readonly exitIndex: number;
  readonly classes: number;
  /** Keys of the images, in the order of their logits. */
  readonly sampleKeys: readonly number[];
}

/**
 * Decides which images leave the network at an exit, by what the exit says of them.
 *
 * @param logits - `[images, classes]`, row by row, of the images that are inside still
 * @returns for each of these images, whether it leaves
 */
export type LeavePolicy = (logits: Float32Array, at: AtExit) => readonly boolean[];

/** @throws DmnnError `DMNN_EXECUTION` unless there is one boolean for each image */
export function decisionsOf(policy: LeavePolicy, logits: Float32Array, at: AtExit): readonly boolean[] {
  const decisions: unknown = policy(logits, at);
  const images = at.sampleKeys.length;
  const what = `leave, exit ${at.exitIndex}`;
  const remedy = 'Return one boolean for each image at the exit.';
  if (!Array.isArray(decisions) || decisions.length !== images) {
    const got = Array.isArray(decisions) ? String(decisions.length) : typeof decisions;
    throw executionError(what, `${images} decisions`, got, remedy);
  }
  return decisions.map((each: unknown, image): boolean => {
    if (typeof each === 'boolean') return each;
    throw executionError(`${what}, image ${image}`, 'a boolean', String(each), remedy);
  });
}
