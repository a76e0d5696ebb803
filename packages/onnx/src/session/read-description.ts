import { combinations, confidenceMeasures } from '@dmnn/confidence';
import { fileFormatOf, parseJson } from '@dmnn/foundation';
import { descriptionProblems } from '../export/description-problems.js';
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
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw sessionError(`file: expected JSON in metadata '${DESCRIPTION_KEY}'`, REMEDY, { cause });
  }
  const problem = problemOf(value);
  if (problem === undefined) return value as FileDescription;
  throw sessionError(
    `file: expected a description of format 1 in metadata '${DESCRIPTION_KEY}', got ${problem}`,
    REMEDY,
  );
}

function metadataText(file: Uint8Array): string {
  let metadata: [key: string, value: string][];
  try {
    metadata = readMetadata(file);
  } catch (cause) {
    const format = fileFormatOf(file);
    const got = format?.kind === 'onnx' ? 'a damaged one' : (format?.name ?? 'other bytes');
    throw sessionError(`file: expected an ONNX file, got ${got}`, REMEDY, { cause });
  }
  const texts = metadata.flatMap(([key, value]) => (key === DESCRIPTION_KEY ? [value] : []));
  const [text] = texts;
  if (text !== undefined && texts.length === 1) return text;
  const got = texts.length === 0 ? 'none' : `${texts.length} of them`;
  throw sessionError(`file: expected metadata '${DESCRIPTION_KEY}', got ${got}`, REMEDY);
}

/** What is wrong with a description, for a message; undefined if nothing is. */
function problemOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'another value';
  if (value['format'] !== 1) return `format ${JSON.stringify(value['format'])}`;
  const wrong = Object.entries(checks).find(([key, fits]) => !fits(value[key], value));
  if (wrong) {
    const got = JSON.stringify(value[wrong[0]]) as string | undefined;
    return `${wrong[0]} ${got === undefined ? 'missing' : got.slice(0, 80)}`;
  }
  const { classes, inChannels, imageSizePx, ...facts } = value as unknown as FileDescription;
  return descriptionProblems({ head: { classes }, inChannels }, imageSizePx, facts)[0];
}

type Check = (value: unknown, description: { readonly [key: string]: unknown }) => boolean;

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isCost: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isListOf =
  (fits: (value: unknown, index: number) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(fits);
const isRow = isListOf((gate) => typeof gate === 'boolean');

/** Stages in order of their networks, with a threshold each except the last. */
const isCascade: Check = (value, { subBlocks }) => {
  if (!isObject(value)) return false;
  const { parts, by, combine, stages } = value;
  if (!Array.isArray(parts) || !parts.every((name) => typeof name === 'string')) return false;
  if (!confidenceMeasures.some((each) => each === by)) return false;
  if (!combinations.some((each) => each === combine)) return false;
  if (!Array.isArray(stages) || stages.length < 2) return false;
  const isStage = (stage: unknown, index: number): boolean => {
    if (!isObject(stage)) return false;
    const { part, exit, alwaysMacs, gatedBlocks, temperature, threshold } = stage;
    const isShare = typeof threshold === 'number' && threshold >= 0 && threshold <= 1;
    return (
      isIndex(part, parts.length) &&
      (exit === undefined || isIndex(exit, Infinity)) &&
      isCost(alwaysMacs, stage) &&
      isIndex(gatedBlocks, (subBlocks as unknown[]).length + 1) &&
      typeof temperature === 'number' &&
      temperature > 0 &&
      (index === stages.length - 1 ? threshold === undefined : isShare)
    );
  };
  return stages.every(isStage);
};
const isIndex = (value: unknown, end: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < end;

/** What each field must be, except for those about classes and images, which the exporter checks too. */
const checks: { readonly [key: string]: Check } = {
  name: (value) => typeof value === 'string',
  imageSizePx: isCount,
  inChannels: isCount,
  classes: isCount,
  subBlocks: (value, all) => isListOf((count) => isCount(count, all))(value),
  subBlockMacs: (value, all) => {
    const { subBlocks } = all as { readonly subBlocks: readonly number[] };
    const rows = isListOf(
      (row, l) => isListOf((macs) => isCost(macs, all))(row) && (row as unknown[]).length === subBlocks[l],
    );
    return rows(value) && (value as unknown[]).length === subBlocks.length;
  },
  alwaysMacs: isCost,
  undividedMacs: isCost,
  frozenGates: (value) => value === undefined || isListOf(isRow)(value),
  cpuLanes: (value) => value === undefined || value === 8 || value === 16,
  precision: (value) => value === undefined || value === 'int8',
  cascade: (value, all) => value === undefined || isCascade(value, all),
};
