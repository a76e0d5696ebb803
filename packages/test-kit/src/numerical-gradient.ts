/**
 * Central differences of a scalar function of many numbers, one at a time: (f(x+h) − f(x−h)) / 2h.
 *
 * float32 forward passes carry about 1e-7 of relative error, so a step of about 1e-2 and a tolerance of about 1e-3
 * are typical.
 */
export function numericalGradient(
  f: (x: Float32Array) => number,
  at: ArrayLike<number>,
  step = 1e-2,
): number[] {
  return Array.from(at, (_, i) => {
    const up = Float32Array.from(at);
    const down = Float32Array.from(at);
    up.set([(at[i] as number) + step], i);
    down.set([(at[i] as number) - step], i);
    const [above, below] = [up[i] as number, down[i] as number]; // the step after rounding to float32
    return (f(up) - f(down)) / (above - below);
  });
}
