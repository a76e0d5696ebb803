import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { countNetwork, flopsTable } from '@dmnn/flops';
import type { FileCascade, FileDescription } from '../file-description.js';
import { encodeModel, encodedParts } from '../graph/encode-model.js';
import { readInitialisers } from '../graph/read-initialisers.js';
import { readMetadata } from '../graph/read-metadata.js';
import { storedName } from '../graph/shared-constants.js';
import type { OnnxModel } from '../graph/onnx-graph.js';
import { type ExportOptions, checkedOptions } from '../export/export-options.js';
import { fileWeights } from '../export/file-weights.js';
import { networkModel } from '../export/network-model.js';
import { ORIGIN_KEY, type Origin, readCascadeOrigin, readOrigin } from '../export/origin.js';
import { partPrefix } from '../export/staged-graph.js';
import { stagedModel } from '../export/staged-model.js';

// Whole lanes cost more than the layout gains: DMNN-ResNet-20 n2 (8 channels, 1.35 times) is 3 % faster half open and
// 12 % slower all open, n4 (4 channels, 2.4 times) 16 and 40 % slower; networks up to 1.21 times are faster
const MOST_COMPUTED = 1.25;

/** A file in the blocked form, or why it stays as it is. */
export type BlockedForm = { readonly file: Uint8Array } | { readonly because: string };

/**
 * Writes a portable file again, for processors of so many lanes: the same bytes that `exportOnnx` or `exportCascade` writes from the same
 * network with `cpuLanes`.
 *
 * A network whose sub-blocks would compute more than `mostComputed` times as much in whole lanes stays as it is.
 *
 * The file is read back into architecture and numbers, from which the portable file is written once more: only if that
 * gives the same bytes is everything in the file known, and nothing lost that someone may have changed in it.
 */
export function blockedForm(
  file: Uint8Array,
  { imageSizePx, classNames, preparation, ...description }: FileDescription,
  lanes: 8 | 16,
  mostComputed: number = MOST_COMPUTED,
): BlockedForm {
  if (description.cpuLanes) return { because: 'it is in the blocked form already' };
  if (description.precision) return { because: 'its maps are quantised, for which there is no blocked form' };
  if (description.subBlocks.length === 0)
    return { because: 'it has no gates: ONNX Runtime brings the whole graph into the blocked form itself' };
  const json = readMetadata(file).find(([key]) => key === ORIGIN_KEY)?.[1];
  if (json === undefined)
    return { because: 'it was written before files stored their architecture. Export it again' };
  const common = { imageSizePx, classNames, preparation };
  let written: Rewritable;
  try {
    written = description.cascade
      ? rewritableCascade(file, json, description.cascade, common)
      : rewritableNetwork(file, json, common);
  } catch (error) {
    return { because: `its architecture cannot be read: ${textOf(error)}` };
  }
  const { architectures, form, model } = written;
  const more = computedShare(architectures, lanes);
  if (more > mostComputed)
    return {
      because: `its sub-blocks are narrower than ${lanes} lanes: it would compute ${more.toFixed(2)} times as much`,
    };
  try {
    if (!areBytesOf(file, encodedParts(model(form))))
      return { because: 'it is not as exportOnnx of this version of @dmnn/onnx writes it' };
    return { file: encodeModel(model({ layout: form.layout, cpuLanes: lanes })) };
  } catch (error) {
    return { because: `it cannot be written for ${lanes} lanes: ${textOf(error)}` };
  }
}

/** What a file was written from, with which it is written again. */
interface Rewritable {
  readonly architectures: readonly Architecture[];
  /** Options by which it was written. */
  readonly form: Pick<Origin, 'layout' | 'padChannelsTo'>;
  readonly model: (options: ExportOptions) => OnnxModel;
}

/** @throws Error if the origin is not one */
function rewritableNetwork(file: Uint8Array, json: string, common: ExportOptions): Rewritable {
  const { architecture, ...form } = readOrigin(json);
  const model = (options: ExportOptions) =>
    networkModel(
      architecture,
      fileWeights(readInitialisers(file)),
      checkedOptions(architecture, { ...common, ...options }),
    );
  return { architectures: [architecture], form, model };
}

/** @throws Error if the origin is not one */
function rewritableCascade(
  file: Uint8Array,
  json: string,
  { by, combine, stages }: FileCascade,
  common: ExportOptions,
): Rewritable {
  const { parts, ...form } = readCascadeOrigin(json);
  const settings = {
    by,
    combine,
    temperatures: stages.map(({ temperature }) => temperature),
    thresholds: stages.flatMap(({ threshold }) => threshold ?? []),
  };
  const model = (options: ExportOptions) => {
    const initialisers = readInitialisers(file);
    const checked = parts.map((part, p) => ({
      ...part,
      weights: fileWeights(ofPart(initialisers, p, parts.length)),
      options: checkedOptions(part.architecture, { ...common, ...options }),
    }));
    return stagedModel(checked, settings);
  };
  return { architectures: parts.map(({ architecture }) => architecture), form, model };
}

/** The constants of one network, by their names in it; some may be stored as those of a network before it. */
function ofPart<Value>(
  all: ReadonlyMap<string, Value>,
  part: number,
  parts: number,
): Pick<ReadonlyMap<string, Value>, 'get'> {
  if (parts === 1) return all;
  const prefixes = Array.from({ length: part + 1 }, (_, p) => partPrefix(p, parts));
  return {
    get: (name) => {
      const stored = storedName(name, prefixes, (each) => all.has(each));
      return stored === undefined ? undefined : all.get(stored);
    },
  };
}

/** What the sub-blocks compute in whole lanes, as a multiple of what they are. */
function computedShare(architectures: readonly Architecture[], lanes: number): number {
  const filled = (channels: number) => Math.ceil(channels / lanes) * lanes;
  let [computed, all] = [0, 0];
  for (const architecture of architectures) {
    const { subBlockMacs } = flopsTable(countNetwork(architecture));
    for (const { block, blockIndex } of gatedBlocks(architecture)) {
      for (const [n, { units }] of block.subBlocks.entries()) {
        const sizes = units.map(({ kernelSize, groups, inChannels, outChannels }) => {
          const inner = groups === 1 ? inChannels : 1;
          const wide = groups === 1 ? filled(inChannels) : 1;
          return [
            kernelSize ** 2 * inner * outChannels,
            kernelSize ** 2 * wide * filled(outChannels),
          ] as const;
        });
        const [own, padded] = [0, 1].map((i) => sizes.reduce((sum, size) => sum + (size[i] ?? 0), 0));
        const macs = subBlockMacs[blockIndex]?.[n] ?? 0;
        computed += (macs * (padded ?? 0)) / (own ?? 1);
        all += macs;
      }
    }
  }
  return computed / all;
}

function areBytesOf(file: Uint8Array, parts: readonly Uint8Array[]): boolean {
  let at = 0;
  const fits = parts.every((part) => {
    at += part.length;
    return Buffer.compare(part, file.subarray(at - part.length, at)) === 0;
  });
  return fits && at === file.length;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
