import { createHash } from 'node:crypto';
import type { Architecture } from '@dmnn/architecture';
import { type Weights, writeSafetensors } from '@dmnn/network';
import { loadRun } from '../run/load-run.js';
import type { StartFacts } from '../run/run-config.js';

/** A run's network, to begin another run with. */
export interface StartingPoint {
  readonly architecture: Architecture;
  readonly weights: Weights;
  readonly facts: StartFacts;
}

/**
 * Reads the best network of a run.
 *
 * @throws what `loadRun` throws
 */
export async function readStartingPoint(
  folder: string,
  onWarning: (message: string) => void,
): Promise<StartingPoint> {
  const { network, config, checkpoint } = await loadRun(folder, { onWarning });
  try {
    const weights = await network.weights();
    return {
      architecture: network.architecture,
      weights,
      facts: {
        recipe: config.recipe.name,
        model: config.architecture.name,
        step: checkpoint.step,
        sha256: createHash('sha256').update(writeSafetensors(weights)).digest('hex'),
      },
    };
  } finally {
    network.dispose();
  }
}
