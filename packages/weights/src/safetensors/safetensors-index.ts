import { JsonError, type JsonValue, parseJsonMaps, printable } from '@dmnn/foundation';
import { SafetensorsError } from './safetensors-error.js';

/** More than any network has; a hostile index would only take time and memory. */
const MOST_TENSORS_OF_SHARDS = 200_000;

/** Contents of an index of shards, `model.safetensors.index.json`. */
export interface SafetensorsIndex {
  /** The names of the tensors in each file; the files lie next to the index. */
  readonly shards: ReadonlyMap<string, readonly string[]>;
}

/**
 * Parses the index of a model that is split into several safetensors files, as Hugging Face's libraries write it:
 * `{"metadata": {…}, "weight_map": {"conv1.weight": "model-00001-of-00002.safetensors", …}}`. `metadata` is not used.
 *
 * @param json - a text, or the bytes of the file
 * @throws SafetensorsError with the fault `index` if it has another form, or a file's name is a path
 * @example
 * ```ts
 * import { parseSafetensorsIndex } from '@dmnn/weights';
 *
 * const { shards } = parseSafetensorsIndex('{"weight_map": {"a": "x-1.safetensors", "b": "x-2.safetensors"}}');
 * console.log([...shards.keys()]); // => [ 'x-1.safetensors', 'x-2.safetensors' ]
 * ```
 */
export function parseSafetensorsIndex(json: string | Uint8Array): SafetensorsIndex {
  const index = parsed(json);
  const map = index instanceof Map ? (index as ReadonlyMap<string, JsonValue>).get('weight_map') : undefined;
  if (!(map instanceof Map) || map.size === 0)
    throw new SafetensorsError('index', 'index: expected a weight_map, from tensors to files, got none');
  if (map.size > MOST_TENSORS_OF_SHARDS)
    throw new SafetensorsError(
      'tensor-count',
      `index: expected at most ${MOST_TENSORS_OF_SHARDS} tensors, got ${map.size}`,
    );
  const shards = new Map<string, string[]>();
  for (const [name, file] of map as ReadonlyMap<string, JsonValue>) {
    if (typeof file !== 'string' || !isFileName(file))
      throw new SafetensorsError(
        'index',
        `index: ${printable(name, 100)}: expected the name of a file next to the index, got ${file instanceof Map ? 'an object' : printable(JSON.stringify(file), 100)}`,
      );
    const names = shards.get(file);
    if (names) names.push(name);
    else shards.set(file, [name]);
  }
  return { shards };
}

function parsed(json: string | Uint8Array): JsonValue {
  try {
    return parseJsonMaps(json);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new SafetensorsError('index', `index: ${error.message}`);
  }
}

/** A path could name any file of the machine that reads the index. */
function isFileName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[/\\:\0]/.test(text);
}
