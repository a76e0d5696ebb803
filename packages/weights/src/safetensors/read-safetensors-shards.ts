import { printable } from '@dmnn/foundation';
import type { WeightTensor } from '../weights.js';
import { type SafetensorsFile, readSafetensorsFile } from './read-safetensors.js';
import { SafetensorsError } from './safetensors-error.js';
import { parseSafetensorsIndex } from './safetensors-index.js';

/** The files of a model that is split into shards. */
export interface SafetensorsShards {
  /** The bytes of `model.safetensors.index.json`. */
  readonly index: Uint8Array;
  /** The bytes of each file that the index names; others are not read. */
  readonly shards: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads the tensors of a model that is split into shards, by its index. Strict like {@link readSafetensorsFile}: each
 * tensor is in the one file that the index says, and there are no others.
 *
 * @returns all tensors; `metadata` of all shards, the first one's where they differ
 * @throws SafetensorsError with the fault `index` if a shard is missing, or tensors and index differ; as
 *   {@link readSafetensorsFile} if a shard breaks a rule, with its name in `file`
 * @example
 * ```ts
 * import { readSafetensorsShards, writeSafetensors } from '@dmnn/weights';
 *
 * const shard = (name: string) =>
 *   writeSafetensors(new Map([[name, { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]));
 * const index = new TextEncoder().encode('{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}');
 * const shards = new Map([['1.safetensors', shard('a')], ['2.safetensors', shard('b')]]);
 * console.log([...readSafetensorsShards({ index, shards }).tensors.keys()]); // => [ 'a', 'b' ]
 * ```
 */
export function readSafetensorsShards(source: SafetensorsShards): SafetensorsFile {
  return readShards(source, readNamed);
}

/**
 * {@link readSafetensorsShards} of files that are read in another way.
 *
 * @param read - reads one of them; its errors name the file
 */
export function readShards(
  { index, shards }: SafetensorsShards,
  read: (file: string, bytes: Uint8Array) => SafetensorsFile,
): SafetensorsFile {
  const tensors = new Map<string, WeightTensor>();
  const dtypes = new Map<string, string>();
  const metadata = new Map<string, string>();
  const owners = new Map<string, string>();
  const listed = parseSafetensorsIndex(index).shards;
  const absent = [...listed.keys()].filter((file) => !shards.has(file));
  const [first] = absent;
  if (first !== undefined) {
    const others = absent.length > 1 ? `, nor ${absent.length - 1} of the others` : '';
    throw new SafetensorsError(
      'index',
      `index: expected the file ${printable(first)} next to it, got none${others}. Copy all files that the index names into its folder.`,
    );
  }
  for (const [file, names] of listed) {
    const shard = read(file, shards.get(file) as Uint8Array);
    for (const [name, tensor] of shard.tensors) {
      const other = owners.get(name);
      if (other !== undefined) throw twice(name, other, file);
      owners.set(name, file);
      tensors.set(name, tensor);
    }
    for (const [name, dtype] of shard.dtypes) dtypes.set(name, dtype);
    for (const [key, text] of shard.metadata) if (!metadata.has(key)) metadata.set(key, text);
    const lacking = names.find((name) => !shard.tensors.has(name));
    if (lacking !== undefined) {
      throw new SafetensorsError(
        'index',
        `index: expected ${printable(lacking, 100)} in ${printable(file)}, which does not have it`,
      );
    }
    const wanted = new Set(names);
    const extra = [...shard.tensors.keys()].find((name) => !wanted.has(name));
    if (extra === undefined) continue;
    const elsewhere = [...listed].find(([, each]) => each.includes(extra))?.[0];
    if (elsewhere !== undefined) throw twice(extra, file, elsewhere);
    throw new SafetensorsError(
      'index',
      `index: ${printable(file)} has the tensor ${printable(extra, 100)}, which the index does not`,
    );
  }
  return { tensors, metadata, dtypes };
}

function twice(name: string, a: string, b: string): SafetensorsError {
  return new SafetensorsError(
    'index',
    `index: expected ${printable(name, 100)} in one file, got it for ${printable(a)} and ${printable(b)}`,
  );
}

function readNamed(file: string, bytes: Uint8Array): SafetensorsFile {
  try {
    return readSafetensorsFile(bytes);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw error.inFile(file);
  }
}
