import type { FoldedUnits } from './folded-units.js';
import type { InputStatistics } from './input-statistics.js';
import type { MovingAverages } from './moving-averages.js';
import type { NamedVariables } from './named-variables.js';

/** What layers are bound to: the variables of a network, and what belongs to them. */
export interface LayerVariables {
  readonly variables: NamedVariables;
  /** Batch norms folded into convolutions. */
  readonly folded: FoldedUnits;
  /** The moving statistics' next step. */
  readonly averages: MovingAverages;
  /** What enters batch norms, where someone asked for it. */
  readonly inputs: InputStatistics;
  /** What is run at the moment, for messages. */
  readonly place: { path: string };
}
