import type { Architecture } from '@dmnn/architecture';
import { SafetensorsError, readSafetensorsFile } from '@dmnn/weights';
import { ImportError } from './import-error.js';
import { type ImportOptions, type ImportedWeights, importWeights } from './import-weights.js';

/** Result of {@link importSafetensors}. */
export interface ImportedFile extends ImportedWeights {
  /** Number of tensors converted to float32, by their original element type: `{ F16: 161 }`. */
  readonly converted: { readonly [dtype: string]: number };
}

/**
 * Like {@link importWeights}, from a safetensors file. F16 and BF16 are converted to float32 exactly, F64 to the
 * nearest float32.
 *
 * @param bytes - the whole file
 * @throws SafetensorsError if the file breaks a rule of the format
 * @throws ImportError if it is in PyTorch's own format, which can contain code; otherwise as {@link importWeights}
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
  bytes: Uint8Array,
  architecture: Architecture,
  options: ImportOptions = {},
): ImportedFile {
  const { tensors, dtypes } = readOrExplain(bytes);
  const imported = importWeights(architecture, tensors, options);
  const ignored = new Set(imported.ignored);
  const converted: Record<string, number> = {};
  for (const [name, dtype] of dtypes) {
    if (dtype !== 'F32' && !ignored.has(name)) converted[dtype] = (converted[dtype] ?? 0) + 1;
  }
  return { ...imported, converted };
}

function readOrExplain(bytes: Uint8Array): ReturnType<typeof readSafetensorsFile> {
  try {
    return readSafetensorsFile(bytes);
  } catch (error) {
    if (!(error instanceof SafetensorsError) || !isPickle(bytes)) throw error;
    throw new ImportError(
      'import: expected a safetensors file, got one written by torch.save. Such a file can contain code, so it is not read.',
      [],
      [
        'Convert it in Python: from safetensors.torch import save_file; ' +
          "save_file({k: v.contiguous() for k, v in torch.load('model.pth', weights_only=True).items()}, 'model.safetensors')",
      ],
    );
  }
}

/** Whether the file is a zip archive, as torch.save writes, or a pickle, as earlier versions wrote. */
function isPickle(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return (a === 0x50 && b === 0x4b && c === 3 && d === 4) || (a === 0x80 && (b === 2 || b === 4));
}
