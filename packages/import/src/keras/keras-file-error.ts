import { DmnnError } from '@dmnn/foundation';

/** What is wrong with a file of Keras or TensorFlow.js. */
export type KerasFileFault =
  'archive' | 'config' | 'contents' | 'graph-model' | 'hdf5' | 'layers' | 'shards' | 'time' | 'weights';

/**
 * Thrown for a file of Keras or TensorFlow.js that is damaged, is of another kind, or has layers that are not known here.
 * Nothing in the file was executed.
 */
export class KerasFileError extends DmnnError<'DMNN_KERAS_FILE'> {
  override readonly name = 'KerasFileError';
  readonly fault: KerasFileFault;
  /** What to do instead; each on a line of its own in the message. */
  readonly hints: readonly string[];

  /** @param what - `model.weights.h5: expected HDF5, got text` */
  constructor(fault: KerasFileFault, what: string, hints: readonly string[] = []) {
    super('DMNN_KERAS_FILE', [`keras file: ${what}`, ...hints]);
    this.fault = fault;
    this.hints = hints;
  }
}
