/** Added to the variance, as in `@dmnn/network` and PyTorch. */
const EPSILON = 1e-5;

/** √(variance + ε): what batch norm divides by. */
export function deviationOf(variance: number): number {
  return Math.sqrt(variance + EPSILON);
}
