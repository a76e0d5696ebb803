import { DmnnError } from '@dmnn/foundation';

/** What is wrong with a file of Keras or TensorFlow.js. */
export type KerasFileFault =
  'archive' | 'config' | 'contents' | 'graph-model' | 'hdf5' | 'layers' | 'shards' | 'time' | 'weights';

const SAVE = 'Save the model again with Keras: model.save("model.keras").';

/** What to do where an error says nothing of its own. */
const usual: { readonly [fault in KerasFileFault]?: string } = {
  archive: SAVE,
  config: SAVE,
  contents: 'Name the .keras or .h5 file, or the model.json of TensorFlow.js.',
  layers: SAVE,
  shards: 'Copy model.json with all files that lie in its folder, or convert the model again.',
  weights: `The file was changed or damaged, or written by a version that is not known. ${SAVE}`,
};

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
  constructor(fault: KerasFileFault, what: string, given: readonly string[] = []) {
    const own = usual[fault];
    const hints = given.length > 0 || own === undefined ? given : [own];
    super('DMNN_KERAS_FILE', [`keras file: ${what}`, ...hints]);
    this.fault = fault;
    this.hints = hints;
  }
}
