import type { Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { rowOf } from './row-of.js';

/** Our model for a row of the paper. */
export interface OurModel {
  readonly architecture: Architecture;
  /** What the row's ratio divides by: the undivided backbone. */
  readonly backbone: Architecture;
}

/**
 * The network that a row of the paper is counted with.
 *
 * @param id - of a row
 * @returns undefined where no plain data say what is left: of a network pruned by Taylor scores
 * @throws DmnnError `DMNN_UNKNOWN_ROW` if there is no such row
 */
export function ourModel(id: string): OurModel | undefined {
  const { ours } = rowOf(id);
  if (!ours) return undefined;
  const architecture = createArchitecture(ours.model, ours.options);
  return {
    architecture,
    backbone: architecture.undivided ?? createArchitecture(ours.backbone ?? ours.model),
  };
}
