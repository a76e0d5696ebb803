import type { Architecture } from '@dmnn/architecture';
import type { SafetensorsShards, Weights } from '@dmnn/weights';
import {
  type ImportOptions,
  type ImportTensorFileOptions,
  type ImportedWeights,
  importWeights,
} from './import-weights.js';
import { type TensorFile, readSafetensorsSource, readTensorFile } from './read-tensor-file.js';
import { ImportError } from './import-error.js';
import {
  type RecognisedArchitecture,
  recogniseArchitecture,
  withHeadInFile,
} from './recognise/recognise-architecture.js';
import type { PassedOver } from './torch/weights-in.js';

/** Result of {@link importSafetensors}. */
export interface ImportedFile extends ImportedWeights {
  /** Number of tensors converted to float32, by their original element type: `{ F16: 161 }`. */
  readonly converted: { readonly [dtype: string]: number };
}

/** Result of {@link importTensorFile}. */
export interface ImportedTensorFile extends ImportedFile {
  readonly architecture: Architecture;
  /** How the architecture was found, if none was given; its head, if the file decided about it. */
  readonly recognised: RecognisedArchitecture | undefined;
  readonly format: TensorFile['format'];
  /** As in {@link TensorFile}: where a file of `torch.save` has its tensors, and what else is in it. */
  readonly under: readonly string[];
  readonly passedOver: readonly PassedOver[];
}

/**
 * Like {@link importWeights}, from a safetensors file, or one in several shards. F16 and BF16 are converted to float32 exactly, F64 to the
 * nearest float32.
 *
 * @param source - the whole file, or the index of shards with the files that it names
 * @throws SafetensorsError if the file breaks a rule of the format, or index and shards do not fit
 * @throws ImportError if it is a file of another kind, which it names: one of `torch.save`, for which there is
 *   {@link importTensorFile}, a Git LFS pointer, a web page; otherwise as {@link importWeights}
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
  return imported(readSafetensorsSource(source), architecture, options);
}

/**
 * Like {@link importWeights}, from a safetensors file, one in several shards, or a file of `torch.save` (`.pth`, `.pt`, `.th`,
 * `.bin`, `.ckpt`), of which nothing is executed.
 *
 * @param source - the whole file, or the index of shards with the files that it names
 * @param architecture - undefined to have it recognised by the names and shapes of the tensors
 * @throws as {@link readTensorFile}, {@link recogniseArchitecture} and {@link importWeights}; ImportError for a network of one class; RangeError
 *   for a map of names without an architecture
 */
export function importTensorFile(
  source: Uint8Array | SafetensorsShards,
  architecture?: Architecture,
  options: ImportTensorFileOptions = {},
): ImportedTensorFile {
  const { headActivation, headOf = 'architecture' } = options;
  if (architecture && headOf === 'architecture' && headActivation !== undefined)
    throw new RangeError(
      `headActivation: expected none with an architecture, which says it, got '${headActivation}'. Leave it out.`,
    );
  const file = readTensorFile(source);
  const { format, under, passedOver } = file;
  const { network, recognised } = networkIn(file.tensors, architecture, options);
  assertSeveralClasses(network);
  const found = imported(file, network, options);
  return { ...found, architecture: network, recognised, format, under, passedOver };
}

/** The network to import, and what of it the tensors said. */
function networkIn(
  tensors: Weights,
  architecture: Architecture | undefined,
  options: ImportTensorFileOptions,
): { readonly network: Architecture; readonly recognised: RecognisedArchitecture | undefined } {
  if (architecture && options.headOf !== 'file') return { network: architecture, recognised: undefined };
  const recognised = architecture ? headFound(architecture, tensors, options) : recognise(tensors, options);
  return { network: recognised?.architecture ?? (architecture as Architecture), recognised };
}

/** Of one output, none is the largest. */
function assertSeveralClasses({ name, head }: Architecture): void {
  if (head.classes > 1) return;
  throw new ImportError(
    `import: expected a classifier of at least two classes, got ${name} with one output.`,
    [],
    [
      'A network that gives one number, such as a sigmoid for two classes or a regression, has no likeliest class; train it with an output for each class.',
    ],
  );
}

function headFound(
  architecture: Architecture,
  tensors: Weights,
  { names, ...rest }: ImportTensorFileOptions,
): RecognisedArchitecture | undefined {
  if (typeof names !== 'object') return withHeadInFile(architecture, tensors, { names, ...rest });
  if (rest.headActivation === undefined) return undefined;
  throw new RangeError(
    `headActivation: expected none with a map of names, which is of the architecture's head, got '${rest.headActivation}'. Leave it out.`,
  );
}

function recognise(tensors: Weights, { names, ...rest }: ImportTensorFileOptions): RecognisedArchitecture {
  if (typeof names === 'object')
    throw new RangeError(
      'names: expected a naming scheme, since no architecture is given, got a map. Pass the architecture too.',
    );
  return recogniseArchitecture(tensors, { names, ...rest });
}

function imported(
  { tensors, dtypes }: Pick<TensorFile, 'tensors' | 'dtypes'>,
  architecture: Architecture,
  options: ImportOptions,
): ImportedFile {
  const weights = importWeights(architecture, tensors, options);
  const ignored = new Set(weights.ignored);
  const converted: Record<string, number> = {};
  for (const [name, dtype] of dtypes) {
    if (dtype !== 'F32' && !ignored.has(name)) converted[dtype] = (converted[dtype] ?? 0) + 1;
  }
  return { ...weights, converted };
}
