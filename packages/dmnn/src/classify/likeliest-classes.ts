/** A class and how likely it is. */
export interface LikelyClass {
  readonly index: number;
  /** Its name, or its number if the name is unknown. */
  readonly name: string;
  /** Softmax of the logits, from 0 to 1. */
  readonly probability: number;
}

/** `tench (0)`, since names are not unique; `class 0` if the name is unknown. */
export function classLabel({ index, name }: LikelyClass): string {
  return name === numbered(index) ? name : `${name} (${index})`;
}

function numbered(index: number): string {
  return `class ${index}`;
}

/**
 * The likeliest classes, likeliest first; of equal ones the first.
 *
 * @param logits - `[class]`, finite
 * @param count - maximum number of classes
 */
export function likeliestClasses(
  logits: Float32Array,
  classNames: readonly string[] | undefined,
  count: number,
): LikelyClass[] {
  // the largest logit is taken away first, so that no exponential overflows
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const weights = [...logits].map((logit) => Math.exp(logit - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights
    .map((weight, index) => ({
      index,
      name: classNames?.[index] ?? numbered(index),
      probability: weight / sum,
    }))
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, count);
}
