/** Largest |a − b|; NaN if any difference is NaN. */
export function maxAbsoluteDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (Number.isNaN(difference)) return NaN;
    if (difference > largest) largest = difference;
  }
  return largest;
}

/** Largest |a − b| divided by the largest |b|: the relative error of `a` against the reference `b`. */
export function maxRelativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const scale = Array.from(b).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const difference = maxAbsoluteDifference(a, b);
  return difference === 0 ? 0 : difference / scale;
}
