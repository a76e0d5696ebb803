import type { FoldedUnits } from './folded-units.js';
import type { NamedVariables } from './named-variables.js';

/** What layers are bound to: the variables of a network, and what is made of them. */
export interface LayerVariables {
  readonly variables: NamedVariables;
  /** Batch norms folded into convolutions. */
  readonly folded: FoldedUnits;
}
