import type { WeightTensor, Weights } from '@dmnn/weights';
import { printable } from '@dmnn/foundation';
import { readPickledFile } from './pickled-file.js';
import { TorchFileError } from './torch-file-error.js';
import type { TorchTensor } from './torch-tensor.js';
import { bytesOfValues, tensorValues } from './tensor-values.js';
import { type PassedOver, weightsIn } from './weights-in.js';

/** Contents of a file of `torch.save`. */
export interface TorchFile {
  /** The tensors, in the order of the file. */
  readonly tensors: Weights;
  /** Element type of each tensor in the file, in the words of safetensors: `F16`, `I8`, `BOOL`. */
  readonly dtypes: ReadonlyMap<string, string>;
  /**
   * Where the tensors are: `['state_dict']`; empty if the file is a dictionary of tensors itself. If there are several, the
   * names of the tensors begin with them.
   */
  readonly under: readonly string[];
  /** What else is in the file. */
  readonly passedOver: readonly PassedOver[];
}

/** Numbers may be views of the same storage, but not of so many that a small file needs much memory. */
const MOST_COPIES = 16;
const ALWAYS_BYTES = 1_000_000;

/**
 * Reads the tensors of a file of `torch.save`, `.pth`, `.pt`, `.th`, `.bin` or `.ckpt`, in the form of today (a ZIP archive)
 * and in that before PyTorch 1.6. Nothing in the file is executed: the names that make tensors are known here, and all others
 * are an error.
 *
 * The tensors are those of the file itself, or of the dictionary in it that has some: `state_dict`, `model`, any other. What
 * else is there, such as the state of an optimiser, is listed in `passedOver`. F16 and BF16 become float32, F64 the nearest
 * float32, I8 and I16 become I32, BOOL becomes U8.
 *
 * @param bytes - the whole file; data are copied
 * @throws TorchFileError with a `fault` that says which: a damaged file, a name that is code, a whole module, TorchScript, …
 * @example
 * ```ts
 * import { TorchFileError, readTorchFile } from '@dmnn/import';
 *
 * try {
 *   readTorchFile(new TextEncoder().encode('<!DOCTYPE html>'));
 * } catch (error) {
 *   if (!(error instanceof TorchFileError)) throw error;
 *   console.log(error.fault, error.message);
 *   // => contents torch file: expected a file of torch.save, got a web page (HTML)
 * }
 * ```
 */
export function readTorchFile(bytes: Uint8Array): TorchFile {
  const { value, bytesOf } = readPickledFile(bytes);
  const { found, under, passedOver } = weightsIn(value);
  assertBounded(found, bytes.length);
  const tensors = new Map<string, WeightTensor>();
  const dtypes = new Map<string, string>();
  const storages = new Map<string, Uint8Array>();
  let unpacked = 0;
  for (const [name, tensor] of found) {
    const { key, dtype, wholeLength, width } = tensor.storage;
    if (!storages.has(key)) assertUnpacked((unpacked += wholeLength * width), bytes.length);
    const whole = storages.get(key) ?? bytesOf(key);
    storages.set(key, whole);
    tensors.set(name, tensorValues(tensor, whole));
    dtypes.set(name, dtype);
  }
  return { tensors, dtypes, under, passedOver };
}

/** A compressed storage may be a thousand times as large as the file, behind a tensor of one number. */
function assertUnpacked(storageBytes: number, fileBytes: number): void {
  if (storageBytes <= MOST_COPIES * fileBytes + ALWAYS_BYTES) return;
  throw new TorchFileError(
    'size',
    `expected storages that fit a file of ${fileBytes} bytes, got ${storageBytes} bytes or more`,
  );
}

function assertBounded(found: ReadonlyMap<string, TorchTensor>, fileBytes: number): void {
  let sum = 0;
  for (const [name, tensor] of found) {
    sum += bytesOfValues(tensor);
    if (sum <= MOST_COPIES * fileBytes + ALWAYS_BYTES) continue;
    throw new TorchFileError(
      'size',
      `${printable(name, 100)}: expected tensors that fit a file of ${fileBytes} bytes, got [${printable(tensor.shape.join(', '), 100)}]`,
    );
  }
}
