/** Mean cross entropy of images' logits, in nats. */
export function meanCrossEntropy(rows: readonly Float32Array[], labels: ArrayLike<number>): number {
  return rows.reduce((sum, row, b) => sum + crossEntropy(row, labels[b] as number), 0) / rows.length;
}

function crossEntropy(logits: Float32Array, label: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return largest + Math.log(sum) - (logits[label] as number);
}

/** The first of the largest, as `tf.argMax` gives. */
export function largestAt(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[best] as number)) best = i;
  return best;
}
