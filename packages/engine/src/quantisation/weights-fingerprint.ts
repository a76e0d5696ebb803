import { createHash } from 'node:crypto';
import type { Weights } from '@dmnn/weights';
import { fingerprintParts } from '@dmnn/weights/internal';

/** SHA-256 of weights, in hexadecimal: of their names, shapes and numbers, in the order of the names. */
export function weightsFingerprint(weights: Weights): string {
  const hash = createHash('sha256');
  for (const part of fingerprintParts(weights)) hash.update(part);
  return hash.digest('hex');
}
