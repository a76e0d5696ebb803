import {
  SafetensorsError,
  type SafetensorsFile,
  type SafetensorsShards,
  type Weights,
  readSafetensorsFile,
  readSafetensorsShards,
} from '@dmnn/weights';
import { fileFormatOf, inFile, printable } from '@dmnn/foundation';
import { readShards } from '@dmnn/weights/internal';
import { describeFile } from './describe-file.js';
import { ImportError } from './import-error.js';
import { readTorchFile } from './torch/read-torch-file.js';
import type { PassedOver } from './torch/weights-in.js';

/** Tensors of a file, as {@link readTensorFile} returns them. */
export interface TensorFile {
  readonly format: 'safetensors' | 'torch';
  readonly tensors: Weights;
  /** Element type of each tensor in the file: `F16`, `F64`, for which {@link TensorFile.tensors} has `F32`. */
  readonly dtypes: ReadonlyMap<string, string>;
  /** Keys of the dictionaries that have the tensors, in a file of `torch.save`: `['state_dict']`. Otherwise empty. */
  readonly under: readonly string[];
  /** What else is in a file of `torch.save`. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Reads the tensors of a safetensors file or of a file of `torch.save`, whichever it is by its bytes, or of a model in several
 * shards of either kind (`model.safetensors.index.json`, `pytorch_model.bin.index.json`).
 *
 * @param source - the whole file, or the index of shards with the files that it names
 * @throws SafetensorsError if a safetensors file breaks a rule of the format, or index and shards do not fit
 * @throws TorchFileError if a file of `torch.save` is damaged, or has more in it than tensors
 * @throws ImportError if it is a file of another kind, which it names: a Git LFS pointer, a web page
 * @example
 * ```ts
 * import { readTensorFile } from '@dmnn/import';
 * import { writeSafetensors } from '@dmnn/weights';
 *
 * const bytes = writeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]));
 * const { format, tensors } = readTensorFile(bytes);
 * console.log(format, tensors.get('a')?.data.join()); // => safetensors 1,2
 * ```
 */
export function readTensorFile(source: Uint8Array | SafetensorsShards): TensorFile {
  if (source instanceof Uint8Array && isTorchFile(source))
    return { format: 'torch', ...readTorchFile(source) };
  if (!(source instanceof Uint8Array) && [...source.shards.values()].some(isTorchFile))
    return readTorchShards(source);
  const { tensors, dtypes } = readSafetensorsSource(source, ' or one of torch.save');
  return { format: 'safetensors', tensors, dtypes, under: [], passedOver: [] };
}

/** Shards of which some are files of torch.save. */
function readTorchShards(source: SafetensorsShards): TensorFile {
  const under = new Set<string>();
  const passedOver: PassedOver[] = [];
  const { tensors, dtypes } = readShards(source, (file, bytes) => {
    const shard = inFile(file, () => readTensorFile(bytes), isTorchFile(bytes) ? 'torch file' : 'import');
    for (const key of shard.under) under.add(key);
    passedOver.push(...shard.passedOver);
    return { tensors: shard.tensors, dtypes: shard.dtypes, metadata: new Map<string, string>() };
  });
  return { format: 'torch', tensors, dtypes, under: [...under], passedOver };
}

function isTorchFile(bytes: Uint8Array): boolean {
  const kind = fileFormatOf(bytes)?.kind;
  return kind === 'torch' || kind === 'torchscript' || kind === 'pickle';
}

/**
 * Reads a safetensors file, and says what it is if it is another kind of file.
 *
 * @param or - what else would have been read, for the message
 */
export function readSafetensorsSource(source: Uint8Array | SafetensorsShards, or = ''): SafetensorsFile {
  try {
    return source instanceof Uint8Array ? readSafetensorsFile(source) : readSafetensorsShards(source);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    const bytes = source instanceof Uint8Array ? source : source.shards.get(error.file ?? '');
    const description = bytes && describeFile(bytes);
    if (!description) throw error;
    const where = error.file === undefined ? 'import' : printable(error.file);
    throw new ImportError(
      `${where}: expected a safetensors file${or}, got ${description.what}.`,
      [],
      [description.remedy],
    );
  }
}
