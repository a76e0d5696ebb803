import type { Logits } from '@dmnn/confidence';

/** The logits of some images, in the order of `rows`. */
export function logitsOfRows({ values, classes }: Logits, rows: readonly number[]): Logits {
  const own = new Float32Array(rows.length * classes);
  for (const [at, row] of rows.entries())
    for (let c = 0; c < classes; c++) own[at * classes + c] = values[row * classes + c] as number;
  return { values: own, classes };
}
