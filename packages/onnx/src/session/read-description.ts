import { parseJson } from '@dmnn/foundation';
import { DESCRIPTION_KEY, type FileDescription } from '../file-description.js';
import { readMetadata } from '../graph/read-metadata.js';
import { sessionError } from './session-error.js';

const REMEDY = 'Use a file written by exportOnnx of @dmnn/onnx.';

/**
 * Reads the description in a file of {@link exportOnnx}: image size, classes, sub-blocks, costs.
 *
 * @param file - the bytes of an ONNX file
 * @throws DmnnError `DMNN_SESSION` if the file was not written by `exportOnnx`
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { exportOnnx, readDescription } from '@dmnn/onnx';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * const file = exportOnnx({ architecture, weights: initialWeights(architecture, { seed: 1 }) });
 * console.log(readDescription(file).imageSizePx, readDescription(file).subBlocks); // => 32 [ 2, 2, 2 ]
 * ```
 */
export function readDescription(file: Uint8Array): FileDescription {
  const text = metadataText(file);
  if (text === undefined)
    throw sessionError(`file: expected metadata '${DESCRIPTION_KEY}', got none`, REMEDY);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw sessionError(`file: expected JSON in metadata '${DESCRIPTION_KEY}'`, REMEDY, { cause });
  }
  if (!isDescription(value)) {
    throw sessionError(`file: expected a description of format 1 in metadata '${DESCRIPTION_KEY}'`, REMEDY);
  }
  return value;
}

function metadataText(file: Uint8Array): string | undefined {
  try {
    return readMetadata(file).get(DESCRIPTION_KEY);
  } catch (cause) {
    throw sessionError('file: expected an ONNX file, got other bytes', REMEDY, { cause });
  }
}

function isDescription(value: unknown): value is FileDescription {
  if (typeof value !== 'object' || value === null) return false;
  const { format, name, subBlocks, subBlockMacs, ...rest } = value as { [key: string]: unknown };
  const counts = ['imageSizePx', 'inChannels', 'classes'].every(
    (key) => Number.isSafeInteger(rest[key]) && (rest[key] as number) > 0,
  );
  return (
    format === 1 &&
    typeof name === 'string' &&
    counts &&
    Number.isFinite(rest['alwaysMacs']) &&
    Number.isFinite(rest['undividedMacs']) &&
    Array.isArray(subBlocks) &&
    subBlocks.every((count) => Number.isSafeInteger(count)) &&
    Array.isArray(subBlockMacs)
  );
}
