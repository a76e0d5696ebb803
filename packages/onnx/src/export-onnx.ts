import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { type NetworkData, variableSpecs } from '@dmnn/weights';
import { weightProblems } from '@dmnn/weights/internal';
import { exportError } from './export/export-error.js';
import { type CheckedOptions, type ExportOptions, checkedOptions } from './export/export-options.js';
import { networkGraph } from './export/network-graph.js';
import { DESCRIPTION_KEY, type FileDescription } from './file-description.js';
import { encodeModel } from './graph/encode-model.js';
import type { OnnxGraph, OnnxModel } from './graph/onnx-graph.js';
import { OPSET } from './graph/onnx-schema.js';

const LARGEST_FILE = 2 ** 31 - 1; // bytes; protobuf readers accept no more

/**
 * Writes a network as an ONNX file that any ONNX Runtime runs. Batch norms are folded; the file contains the
 * controllers and takes the most likely gates. Sub-blocks and their weights are in the branches of `If`s, so that
 * skipped ones are not computed.
 *
 * Input `image`: `float [1, C, H, W]`, normalised as for training. Outputs:
 *
 * - `logits`: `float [1, classes]`;
 * - `gates`: `bool [L, N]`, one row per gated block, with N the largest number of sub-blocks in a block (missing ones
 *   are off);
 * - `macs`: `double []`, multiply–accumulates of the image, counted by `paperConventions` of `@dmnn/flops`.
 *
 * The file of a network without controllers, or with `frozenGates`, has no output `gates` and takes batches of images
 * of any length.
 *
 * @param network - weights as returned by `network.weights()` of `@dmnn/network` or `readSafetensors` of
 * `@dmnn/weights`
 * @returns the bytes of the file
 * @throws DmnnError `DMNN_EXPORT` listing every weight that is missing, unexpected, of the wrong shape or not finite,
 * or every invalid option; also if the file would be larger than 2 GiB
 * @throws ArchitectureError if the architecture is invalid, also for this image size
 * @see DMNN §3.2 Eq. 4 to 8
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { DynamicSession, exportOnnx } from '@dmnn/onnx';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * const file = exportOnnx({ architecture, weights: initialWeights(architecture, { seed: 1 }) });
 * const session = await DynamicSession.create(file);
 * const { logits, gates } = await session.run(new Float32Array(32 * 32 * 3));
 * console.log(logits.length, gates.length); // => 100 3
 * await session.close();
 * ```
 */
export function exportOnnx(network: NetworkData, options: ExportOptions = {}): Uint8Array {
  return encodeModel(onnxModel(network, options));
}

/** The contents of the file of {@link exportOnnx}, with its errors. */
export function onnxModel(network: NetworkData, options: ExportOptions = {}): OnnxModel {
  const { weights } = network;
  const valid = validateArchitecture(network.architecture);
  const checked = checkedOptions(valid, options);
  assertExportable({ architecture: valid, weights });
  const description = describe(valid, checked);
  const graph = networkGraph({ architecture: valid, weights }, checked, description);
  const bytes = sizeOf(graph);
  if (bytes > LARGEST_FILE) {
    const problem = `expected at most ${LARGEST_FILE} bytes, got ${bytes}`;
    throw exportError(
      `weights of ${valid.name} in the file`,
      [problem],
      `Use layout: 'sub-blocks', which stores weights once.`,
    );
  }
  return { graph, opset: OPSET, metadata: new Map([[DESCRIPTION_KEY, JSON.stringify(description)]]) };
}

/** Checks all weights, also those that a frozen file leaves out: otherwise a mistake elsewhere would go unnoticed. */
function assertExportable({ architecture, weights }: NetworkData): void {
  const problems = weightProblems(variableSpecs(architecture), weights);
  if (problems.length > 0)
    throw exportError(`weights of ${architecture.name}`, problems, 'Pass weights of the same architecture.');
}

function describe(architecture: Architecture, options: CheckedOptions): FileDescription {
  const { imageSizePx, frozenGates, cpuLanes, classNames, preparation } = options;
  const table = flopsTable(countNetwork(architecture, { imageSizePx }));
  const { name, inChannels, head } = architecture;
  const lanes = cpuLanes ? { cpuLanes } : {};
  const undividedMacs = countUndivided(architecture, { imageSizePx }).macs;
  const images = { ...(classNames && { classNames }), ...(preparation && { preparation }) };
  const common = {
    format: 1,
    name,
    imageSizePx,
    inChannels,
    classes: head.classes,
    ...lanes,
    undividedMacs,
    ...images,
  } as const;
  if (frozenGates) {
    // a frozen file has no controllers, so their cost does not count
    const macs = patternMacs({ ...table, controllerMacs: table.controllerMacs.map(() => 0) }, frozenGates);
    return { ...common, subBlocks: [], frozenGates, alwaysMacs: macs, subBlockMacs: [] };
  }
  const { subBlockMacs } = table;
  const subBlocks = subBlockMacs.map(({ length }) => length);
  return { ...common, subBlocks, alwaysMacs: alwaysMacs(table), subBlockMacs };
}

/** Size of all weights in bytes, including those in branches. */
function sizeOf(graph: OnnxGraph): number {
  const own = graph.initialisers.reduce((sum, { data }) => sum + data.byteLength, 0);
  return graph.nodes
    .flatMap(({ attributes }) => Object.values(attributes))
    .reduce((sum, attribute) => sum + ('graph' in attribute ? sizeOf(attribute.graph) : 0), own);
}
