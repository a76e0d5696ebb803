import { createHash } from 'node:crypto';
import type { Architecture } from '@dmnn/architecture';
import { computedText } from '@dmnn/architecture/internal';
import type { Weights } from '@dmnn/weights';
import { fingerprintParts } from '@dmnn/weights/internal';

/** SHA-256 of weights, in hexadecimal: of their names, shapes and numbers, in the order of the names. */
export function weightsFingerprint(weights: Weights): string {
  const hash = createHash('sha256');
  for (const part of fingerprintParts(weights)) hash.update(part);
  return hash.digest('hex');
}

/** SHA-256 of what a network computes besides its weights, in hexadecimal: strides, padding, ε, activations. */
export function architectureFingerprint(architecture: Architecture): string {
  return createHash('sha256').update(computedText(architecture)).digest('hex');
}
