import type { UncalibratedStage } from '@dmnn/confidence';
import type { StageOutputs } from './stage-outputs.js';

/**
 * The stages of a cascade from what each of its networks gives for every image without leaving: of each its exits, then its
 * head. A stage costs what it adds to those before it, in multiply–accumulates; alone, all of its network until there.
 *
 * @param outputs - `[part]`, of the same images
 */
export function uncalibratedStages(outputs: readonly StageOutputs[]): UncalibratedStage[] {
  return outputs.flatMap(({ exits, logits, evaluation }) => {
    const places = [...exits, { logits, perImageMacs: evaluation.cost.perImageMacs }];
    return places.map((place, at) => {
      const before = places[at - 1]?.perImageMacs;
      const cost = place.perImageMacs.map((macs, row) => macs - (before?.[row] ?? 0));
      return { logits: place.logits, cost, aloneCost: place.perImageMacs };
    });
  });
}
