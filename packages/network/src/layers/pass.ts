import { BATCH_NORM_MOMENTUM } from '@dmnn/weights';
import type { InputStatistics } from './input-statistics.js';
import { MovingAverages } from './moving-averages.js';
import type { Statistics } from './statistics.js';

/** The state of one forward pass that its layers share: which statistics they use, and what they record. */
export class Pass {
  /** Which mean and variance batch norm uses. */
  readonly statistics: Statistics;
  /** The updates of the moving averages, applied at the end of the pass. */
  readonly averages: MovingAverages = new MovingAverages(BATCH_NORM_MOMENTUM);
  /** Records statistics of the inputs of batch norms; undefined if they are not needed. */
  readonly inputs: InputStatistics | undefined;
  #place = 'stem';

  /** @param inputs - records the inputs of batch norms that use moving statistics */
  constructor(statistics: Statistics, inputs?: InputStatistics) {
    this.statistics = statistics;
    this.inputs = inputs;
  }

  /** The path of the layer that ran last, for messages: `stage0.block0.subblock0.unit2`. */
  get place(): string {
    return this.#place;
  }

  /** Records the path of the layer that runs now. */
  enter(path: string): void {
    this.#place = path;
  }
}
