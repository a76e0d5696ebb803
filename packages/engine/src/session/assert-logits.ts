import { engineError } from '../errors/engine-error.js';

/** @throws DmnnError `DMNN_ENGINE` unless it holds for all logits */
export function assertLogits(name: string, logits: Float32Array, holds: (value: number) => boolean): void {
  const wrong = logits.find((value) => !holds(value));
  if (wrong === undefined) return;
  throw engineError(
    `logits of ${name}: expected numbers, got ${String(wrong)}`,
    'Check the image and the weights for huge numbers.',
  );
}
