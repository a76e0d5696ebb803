/** Largest difference of two vectors, relative to the reference's largest magnitude. */
export function relativeDifference(ours: Float32Array, reference: Float32Array): number {
  const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (reference[i] as number))), 0) / largest
  );
}
