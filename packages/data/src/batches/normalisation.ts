import type { Normalisation } from '../labelled-images.js';

/**
 * `[channel · 256 + byte]`: (byte / 255 − mean) / deviation, for every byte of every channel. It is a table because a
 * lookup is faster than the arithmetic.
 *
 * @throws RangeError if a mean is not finite or a deviation not > 0.
 */
export function normalisationTable(dataset: Normalisation): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    const mean = dataset.channelMeans[channel] ?? Number.NaN;
    const deviation = dataset.channelDeviations[channel] ?? Number.NaN;
    if (!Number.isFinite(mean)) {
      throw new RangeError(`channelMeans[${channel}]: expected a finite number, got ${mean}`);
    }
    if (!(deviation > 0 && deviation < Infinity)) {
      throw new RangeError(`channelDeviations[${channel}]: expected a finite number > 0, got ${deviation}`);
    }
    for (let byte = 0; byte < 256; byte++) table[channel * 256 + byte] = (byte / 255 - mean) / deviation;
  }
  return table;
}
