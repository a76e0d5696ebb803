import { compareUtf8 } from '@dmnn/foundation';
import type { Weights } from './weights.js';

/**
 * What a digest of weights is taken of: names, types, shapes and numbers, in the order of the names. Whoever takes it has
 * the hash function of its platform.
 */
export function* fingerprintParts(weights: Weights): Generator<string | Uint8Array> {
  const names = [...weights.keys()].sort(compareUtf8);
  for (const name of names) {
    const tensor = weights.get(name);
    if (!tensor) continue;
    yield JSON.stringify([name, tensor.dtype, tensor.shape]);
    yield new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  }
}
