import { closestNames } from '@dmnn/foundation';
import { type Conventions, paperConventions } from '@dmnn/flops';
import { usageError } from '../terminal/usage-error.js';

/** Each word changes one thing about the paper's conventions. */
const changes: Readonly<Record<string, Partial<Conventions>>> = {
  paper: {},
  macs: { unit: 'macs' },
  flops: { unit: 'flops' },
  'batch-norm': { batchNorm: true },
  bias: { bias: true },
  activations: { activations: true },
  'no-controllers': { controllers: false },
};

/** Words that {@link conventionsOption} knows. */
export const conventionWords: readonly string[] = Object.keys(changes);

/**
 * Reads `--conventions`: words separated by commas, each a change to the paper's way of counting.
 *
 * @param value - `flops,batch-norm`
 * @throws DmnnError `DMNN_USAGE` for an unknown word, with the nearest words
 */
export function conventionsOption(value: string): Conventions {
  return value.split(',').reduce<Conventions>((conventions, word) => {
    const change = changes[word.trim()];
    if (change) return { ...conventions, ...change };
    throw usageError(
      `--conventions: expected some of ${conventionWords.join(', ')}, separated by commas, got '${word}'.`,
      closestNames(word, conventionWords),
    );
  }, paperConventions);
}
