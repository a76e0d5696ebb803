/**
 * A plan with what it is opened and run with: words of 32 bits, little-endian.
 *
 *   flags, threads, workers
 *   lengths of plan, image, pattern, thresholds; number of tensors
 *   lengths of the tensors
 *   the plan
 *   numbers, from which tensors, image, pattern and thresholds take theirs in turn, from the first again after the last
 *
 * @typedef {object} PlanCase
 * @property {number} flags {@link flag}; those of {@link exitRuleOf}
 * @property {number} threads 1 more than its lowest bit
 * @property {number} workers 1 more than its lowest bit
 * @property {number} image length
 * @property {number} pattern length
 * @property {number} thresholds length
 * @property {Int32Array} lengths of the tensors
 * @property {Int32Array} plan
 * @property {Int32Array} numbers the bits of floats
 */

/**
 * Bits of `flags`. `prepareAll`: primitives of every pattern, not only of those that run; `readOnly`: nothing runs;
 * `exits`: images may stop at exits.
 */
export const flag = {
  bfloat16: 1,
  channelsFirst: 2,
  pattern: 4,
  thresholds: 8,
  prepareAll: 16,
  readOnly: 32,
  exits: 64,
};

/**
 * What a case's exits are run with: the measure, the combination and the stages before are in its flags, temperatures and
 * thresholds among its numbers.
 *
 * @param {number} flags
 * @param {number} exits
 * @param {number} classes
 * @param {(count: number) => Float32Array} take
 */
export function exitRuleOf(flags, exits, classes, take) {
  const before = (flags >> 10) & 1;
  const own = take(2 * exits).map((number, i) => (i % 2 === 0 ? Math.abs(number) : number));
  return Float64Array.from([(flags >> 7) & 3, (flags >> 9) & 1, before, ...own, ...take(before * classes)]);
}

/** Words before the lengths of the tensors. */
const HEAD = 8;

/** @param {PlanCase} given @returns {Uint8Array} */
export function bytesOf({ flags, threads, workers, image, pattern, thresholds, lengths, plan, numbers }) {
  const head = [flags, threads, workers, plan.length, image, pattern, thresholds, lengths.length];
  return new Uint8Array(Int32Array.from([...head, ...lengths, ...plan, ...numbers]).buffer);
}

/** The words of a case; bytes after the last whole one are dropped. @param {Uint8Array} bytes */
export function wordsOf(bytes) {
  return new Int32Array(bytes.slice(0, bytes.length - (bytes.length % 4)).buffer);
}

/** @param {Uint8Array} bytes @returns {PlanCase | undefined} undefined if it is shorter than it says */
export function caseOf(bytes) {
  const words = wordsOf(bytes);
  const [flags = 0, threads = 0, workers = 0, plan = 0, image = 0, pattern = 0, thresholds = 0, tensors = 0] =
    words;
  if (words.length < HEAD || plan < 0 || tensors < 0 || HEAD + tensors + plan > words.length)
    return undefined;
  const [lengthsEnd, planEnd] = [HEAD + tensors, HEAD + tensors + plan];
  return {
    ...{ flags, threads, workers, image, pattern, thresholds },
    lengths: words.slice(HEAD, lengthsEnd),
    plan: words.slice(lengthsEnd, planEnd),
    numbers: words.slice(planEnd),
  };
}

/** Takes numbers of a case in turn. @param {Int32Array} numbers @returns {(count: number) => Int32Array} */
export function taking(numbers) {
  let at = 0;
  return (count) =>
    Int32Array.from({ length: count }, () => (numbers.length === 0 ? 0 : numbers[at++ % numbers.length]));
}
