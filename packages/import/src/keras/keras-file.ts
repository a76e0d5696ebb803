import type { WeightTensor } from '@dmnn/weights';
import type { PassedOver } from '../torch/weights-in.js';

/** A layer of a model, with its numbers. */
export interface KerasFileLayer {
  /** Its name; in a model within the model after that one's: `mobilenetv2/Conv1`. */
  readonly name: string;
  /** `Conv2D` */
  readonly className: string;
  /** In Keras 2's spelling, whichever Keras wrote it: `kernel_size`, `batch_input_shape`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers whose outputs it takes. */
  readonly inputs: readonly string[];
  /** As float32, by their names in the layer: `kernel`, `bias`, `gamma`, `moving_mean`; a depthwise one's is `kernel` too. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
}

/** A model of Keras as plain data; models within it are taken apart. */
export interface KerasFile {
  /** `layers-model` is TensorFlow.js's `model.json` with its shards. */
  readonly format: 'keras' | 'h5' | 'layers-model';
  /** Which Keras wrote the configuration. */
  readonly form: 'keras 2' | 'keras 3';
  /** The model's name. */
  readonly name: string;
  /** In the order of the file, inputs too. */
  readonly layers: readonly KerasFileLayer[];
  /** The layer whose output is the model's. */
  readonly output: string;
  /** Number of weights by what they were converted from: `{ uint8: 2, float16: 30 }`. */
  readonly converted: { readonly [dtype: string]: number };
  /** What else is in the file, such as the state of an optimiser. */
  readonly passedOver: readonly PassedOver[];
  /** What the configuration says in another way than here. */
  readonly changes: readonly string[];
}

/** Numbers of an HDF5 file, and what stands at its root. */
export interface Hdf5Contents {
  /** By their paths: `model_weights/conv1/conv1/kernel:0`. */
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
  /** Text attributes of the root: `model_config`. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** An array of an HDF5 file. */
export interface Hdf5Dataset {
  readonly shape: readonly number[];
  /** In NumPy's words: `<f4`, `<f2`; anything else that is not read: `unknown`. */
  readonly dtype: string;
  /** Little-endian; empty if the type is not read. */
  readonly bytes: Uint8Array;
}

/** Reads an HDF5 file; throws KerasFileError. `dmnn` has one that runs in a thread of its own and ends it after a time. */
export type Hdf5Reader = (bytes: Uint8Array) => Promise<Hdf5Contents>;

/** A `model.json` of TensorFlow.js with the files that it names. */
export interface LayersModelSource {
  /** `model.json` */
  readonly json: Uint8Array;
  /** By the paths in it: `group1-shard1of4.bin`. */
  readonly shards: ReadonlyMap<string, Uint8Array>;
}
