import type { FoldedUnits } from './folded-units.js';
import type { NamedVariables } from './named-variables.js';

/** The variables that layers are bound to, and the folded units derived from them. */
export interface LayerVariables {
  readonly variables: NamedVariables;
  /** Batch norms folded into convolutions. */
  readonly folded: FoldedUnits;
}
