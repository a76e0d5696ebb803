import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { orFileError, readRegularFile, systemCode } from '@dmnn/foundation/node';
import { ImportError, type LayersModelSource, filesOfModelJson, isModelJson } from '@dmnn/import';
import { type SafetensorsShards, parseSafetensorsIndex } from '@dmnn/weights';

/** Endings of the files that have weights. */
const ENDINGS = /\.(?:safetensors|pth|pt|th|bin|ckpt|keras|h5|hdf5)$|^model\.json$/;

/** The weights in a file, or in shards that a file lists. */
export interface WeightsSource {
  readonly source: Uint8Array | SafetensorsShards | LayersModelSource;
  /** SHA-256 of the file, or of the index followed by its shards in its order. */
  readonly sha256: string;
}

/**
 * Reads a file of weights whole, or with the files next to it an index of shards, `model.safetensors.index.json` or
 * `pytorch_model.bin.index.json`, or a `model.json` of TensorFlow.js.
 *
 * @throws ImportError if it is a folder, naming what is in it; SafetensorsError if an index is wrong; FileError
 */
export async function readWeights(file: string): Promise<WeightsSource> {
  const bytes = await contents(file);
  const hash = createHash('sha256').update(bytes);
  const isLayersModel = isModelJson(bytes);
  if (!isLayersModel && !isIndex(bytes)) return { source: bytes, sha256: hash.digest('hex') };
  const names = isLayersModel ? filesOfModelJson(bytes) : parseSafetensorsIndex(bytes).shards.keys();
  const shards = new Map<string, Uint8Array>();
  for (const name of names) {
    const shard = await ifThere(join(dirname(file), name));
    if (!shard) continue; // the reader names those that are missing
    shards.set(name, shard);
    hash.update(shard);
  }
  const source = isLayersModel ? { json: bytes, shards } : { index: bytes, shards };
  return { source, sha256: hash.digest('hex') };
}

/** JSON with a weight_map: the first eight bytes of a safetensors file are a small number, and so hold zeros. */
function isIndex(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 100_000)).toString('latin1');
  return (
    /^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(start) && start.includes('"weight_map"') && !start.startsWith('{\0')
  );
}

async function contents(file: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(file);
  } catch (error) {
    if (systemCode(error) !== 'EISDIR') throw error;
    throw new ImportError(
      `import: expected a file of weights, got the folder ${file}.`,
      [],
      [await filesIn(file)],
    );
  }
}

/** What to name instead of a folder. */
export async function filesIn(folder: string): Promise<string> {
  const names = await orFileError({ path: folder, to: 'read' }, async () => (await readdir(folder)).sort());
  // what names all the others, before them
  const index = names.find((name) => /\.(?:safetensors|bin)\.index\.json$|^model\.json$/.test(name));
  const files = index === undefined ? names.filter((name) => ENDINGS.test(name)) : [index];
  if (files.length === 0) return 'It has no .safetensors, .pth, .keras or .h5 file and no model.json.';
  const others = files.length > 5 ? ` and ${files.length - 5} more` : '';
  return `Name a file in it: ${files.slice(0, 5).join(', ')}${others}.`;
}

async function ifThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readRegularFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
