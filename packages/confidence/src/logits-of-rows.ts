import type { Logits } from './logits.js';

/**
 * The logits of some images.
 *
 * @param rows - which, in the order that is wanted
 * @throws RangeError if there is no such image
 * @example
 * ```ts
 * import { logitsOfRows } from '@dmnn/confidence';
 *
 * const logits = { values: [1, 2, 3, 4, 5, 6], classes: 2 };
 * console.log(Array.from(logitsOfRows(logits, [2, 0]).values).join()); // => 5,6,1,2
 * ```
 */
export function logitsOfRows({ values, classes }: Logits, rows: readonly number[]): Logits {
  const images = values.length / classes;
  const own = new Float32Array(rows.length * classes);
  for (const [at, row] of rows.entries()) {
    if (!(Number.isInteger(row) && row >= 0 && row < images))
      throw new RangeError(`rows[${at}]: expected a whole number from 0 to ${images - 1}, got ${row}`);
    for (let c = 0; c < classes; c++) own[at * classes + c] = values[row * classes + c] as number;
  }
  return { values: own, classes };
}
