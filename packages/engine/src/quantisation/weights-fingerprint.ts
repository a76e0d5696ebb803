import { createHash } from 'node:crypto';
import { compareUtf8 } from '@dmnn/foundation';
import type { Weights } from '@dmnn/weights';

/** SHA-256 of weights, in hexadecimal: of their names, shapes and numbers, in the order of the names. */
export function weightsFingerprint(weights: Weights): string {
  const hash = createHash('sha256');
  const names = [...weights.keys()].sort(compareUtf8);
  for (const name of names) {
    const tensor = weights.get(name);
    if (!tensor) continue;
    hash.update(JSON.stringify([name, tensor.dtype, tensor.shape]));
    hash.update(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  }
  return hash.digest('hex');
}
