import type { Architecture } from '@dmnn/architecture';
import { printable } from '@dmnn/foundation';
import {
  SafetensorsError,
  type SafetensorsFile,
  type SafetensorsShards,
  readSafetensorsFile,
  readSafetensorsShards,
} from '@dmnn/weights';
import { describeFile } from './describe-file.js';
import { ImportError } from './import-error.js';
import { type ImportOptions, type ImportedWeights, importWeights } from './import-weights.js';

/** Result of {@link importSafetensors}. */
export interface ImportedFile extends ImportedWeights {
  /** Number of tensors converted to float32, by their original element type: `{ F16: 161 }`. */
  readonly converted: { readonly [dtype: string]: number };
}

/**
 * Like {@link importWeights}, from a safetensors file, or one in several shards. F16 and BF16 are converted to float32 exactly, F64 to the
 * nearest float32.
 *
 * @param source - the whole file, or the index of shards with the files that it names
 * @throws SafetensorsError if the file breaks a rule of the format, or index and shards do not fit
 * @throws ImportError if it is a file of another kind, which it names: PyTorch's own format, which can contain code, a Git
 *   LFS pointer, a web page; otherwise as {@link importWeights}
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { importSafetensors } from '@dmnn/import';
 * import { SafetensorsError } from '@dmnn/weights';
 *
 * try {
 *   importSafetensors(new Uint8Array(7), createArchitecture('resnet50'));
 * } catch (error) {
 *   console.log(error instanceof SafetensorsError && error.fault); // => too-short
 * }
 * ```
 */
export function importSafetensors(
  source: Uint8Array | SafetensorsShards,
  architecture: Architecture,
  options: ImportOptions = {},
): ImportedFile {
  const { tensors, dtypes } = readOrExplain(source);
  const imported = importWeights(architecture, tensors, options);
  const ignored = new Set(imported.ignored);
  const converted: Record<string, number> = {};
  for (const [name, dtype] of dtypes) {
    if (dtype !== 'F32' && !ignored.has(name)) converted[dtype] = (converted[dtype] ?? 0) + 1;
  }
  return { ...imported, converted };
}

function readOrExplain(source: Uint8Array | SafetensorsShards): SafetensorsFile {
  try {
    return source instanceof Uint8Array ? readSafetensorsFile(source) : readSafetensorsShards(source);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    const bytes = source instanceof Uint8Array ? source : source.shards.get(error.file ?? '');
    const description = bytes && describeFile(bytes);
    if (!description) throw error;
    const where = error.file === undefined ? 'import' : printable(error.file);
    throw new ImportError(
      `${where}: expected a safetensors file, got ${description.what}.`,
      [],
      [description.remedy],
    );
  }
}
