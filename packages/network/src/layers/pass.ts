import { BATCH_NORM_MOMENTUM } from '@dmnn/weights';
import type { InputStatistics } from './input-statistics.js';
import { MovingAverages } from './moving-averages.js';
import type { Statistics } from './statistics.js';

/** One forward pass as its layers see it: whose statistics they use, and what they report on the way. */
export class Pass {
  /** Whose mean and variance batch norm uses. */
  readonly statistics: Statistics;
  /** The step that the moving statistics take when the pass is over. */
  readonly averages: MovingAverages = new MovingAverages(BATCH_NORM_MOMENTUM);
  /** Where statistics of what enters batch norms are noted, if they are wanted. */
  readonly inputs: InputStatistics | undefined;
  #place = 'stem';

  /** @param inputs - notes what enters batch norms that use moving statistics */
  constructor(statistics: Statistics, inputs?: InputStatistics) {
    this.statistics = statistics;
    this.inputs = inputs;
  }

  /** What was run last, for messages: a layer's path, `stage0.block0.subblock0.unit2`. */
  get place(): string {
    return this.#place;
  }

  /** Says what is run now. */
  enter(path: string): void {
    this.#place = path;
  }
}
