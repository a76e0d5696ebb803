import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { type NetworkData, variableSpecs } from '@dmnn/weights';
import { weightProblems } from '@dmnn/weights/internal';
import { exportError } from './export/export-error.js';
import { type CheckedOptions, type ExportOptions, checkedOptions } from './export/export-options.js';
import { networkGraph } from './export/network-graph.js';
import { DESCRIPTION_KEY, type FileDescription } from './file-description.js';
import { encodeModel } from './graph/encode-model.js';
import type { OnnxGraph } from './graph/onnx-graph.js';
import { OPSET } from './graph/onnx-schema.js';

const LARGEST_FILE = 2 ** 31 - 1; // bytes that readers of protobuf accept

/**
 * Writes a network as an ONNX file that any ONNX Runtime runs: batch norms folded, controllers and the likeliest gates
 * inside, sub-blocks with their weights in the branches of `If`s, so that what is off is not computed.
 *
 * Input `image`: `float [1, C, H, W]`, normalised as for training. Outputs:
 *
 * - `logits`: `float [1, classes]`;
 * - `gates`: `bool [L, N]`, gated block by gated block, with N the most sub-blocks that one has (missing ones are off);
 * - `macs`: `double []`, multiply–accumulates of this image under `paperConventions` of `@dmnn/flops`.
 *
 * A network without controllers, or with `frozenGates`, decides nothing: it has no `gates` and takes a batch of images
 * of any length.
 *
 * @param network - weights are what `network.weights()` of `@dmnn/network` or `readSafetensors` of `@dmnn/weights` gives
 * @returns the bytes of the file
 * @throws DmnnError `DMNN_EXPORT` with every weight that is missing, unexpected, of another shape or not finite; with
 * every option that is wrong; if the file would be larger than 2 GiB
 * @throws ArchitectureError if the architecture is none, or not at this image size
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
      `Use layout: 'sub-blocks', which holds them once.`,
    );
  }
  const metadata = new Map([[DESCRIPTION_KEY, JSON.stringify(description)]]);
  return encodeModel({ graph, opset: OPSET, metadata });
}

/** Even what a frozen file leaves out must fit: a mistake elsewhere would else go unnoticed. */
function assertExportable({ architecture, weights }: NetworkData): void {
  const problems = weightProblems(variableSpecs(architecture), weights);
  if (problems.length > 0)
    throw exportError(`weights of ${architecture.name}`, problems, 'Give weights of the same architecture.');
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
    // a frozen file has no controllers, so it does not pay for them
    const macs = patternMacs({ ...table, controllerMacs: table.controllerMacs.map(() => 0) }, frozenGates);
    return { ...common, subBlocks: [], frozenGates, alwaysMacs: macs, subBlockMacs: [] };
  }
  const { subBlockMacs } = table;
  const subBlocks = subBlockMacs.map(({ length }) => length);
  return { ...common, subBlocks, alwaysMacs: alwaysMacs(table), subBlockMacs };
}

/** Bytes of weights, branches included. */
function sizeOf(graph: OnnxGraph): number {
  const own = graph.initialisers.reduce((sum, { data }) => sum + data.byteLength, 0);
  return graph.nodes
    .flatMap(({ attributes }) => Object.values(attributes))
    .reduce((sum, attribute) => sum + ('graph' in attribute ? sizeOf(attribute.graph) : 0), own);
}
