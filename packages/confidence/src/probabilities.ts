import { type Logits, assertLogits, assertTemperature } from './logits.js';

/**
 * The probabilities that a network gives its classes: softmax(logits / temperature).
 *
 * @param temperature - above 1 makes a network less sure, below 1 surer; the order of the classes stays
 * @returns `[image · classes + class]`, summing to 1 over the classes
 * @throws RangeError if logits are incomplete or not finite, or the temperature is not > 0
 * @example
 * ```ts
 * import { probabilities } from '@dmnn/confidence';
 *
 * const logits = { values: [Math.log(3), 0], classes: 2 };
 * console.log(probabilities(logits)[0]?.toFixed(2), probabilities(logits, 0.5)[0]?.toFixed(2)); // => 0.75 0.90
 * ```
 */
export function probabilities(logits: Logits, temperature = 1): Float64Array {
  const images = assertLogits('logits', logits);
  assertTemperature('temperature', temperature);
  const { values, classes } = logits;
  const result = new Float64Array(values.length);
  for (let image = 0; image < images; image++) {
    const start = image * classes;
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, values[start + c] as number);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const odds = Math.exp(((values[start + c] as number) - largest) / temperature);
      result[start + c] = odds;
      sum += odds;
    }
    for (let c = 0; c < classes; c++) result[start + c] = (result[start + c] as number) / sum;
  }
  return result;
}
