import { validateArchitecture } from '@dmnn/architecture';
import { exitsProblem } from '@dmnn/architecture/internal';
import type { NetworkData } from '@dmnn/weights';
import { WeightReader } from '@dmnn/weights/internal';
import { assertExportable } from './export/assert-exportable.js';
import { exportError } from './export/export-error.js';
import { quantisationProblems } from './export/export-quantisation.js';
import { type ExportOptions, checkedOptions } from './export/export-options.js';
import { foldedWeights } from './export/folded-weights.js';
import { networkModel } from './export/network-model.js';
import { encodeModel } from './graph/encode-model.js';
import type { OnnxModel } from './graph/onnx-graph.js';

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
 * With `precision: 'int8'` maps and filters are kept in 8 bits, and `QuantizeLinear` and `DequantizeLinear` stand around what
 * each branch computes.
 *
 * The file of a network without controllers, or with `frozenGates`, has no output `gates` and takes batches of images
 * of any length.
 *
 * @param network - weights as returned by `network.weights()` of `@dmnn/network` or `readSafetensors` of
 * `@dmnn/weights`
 * @returns the bytes of the file
 * @throws DmnnError `DMNN_EXPORT` listing every weight that is missing, unexpected, of the wrong shape or not finite,
 * or every invalid option; also if the network has exits, which {@link exportCascade} takes, or the file would be larger than 2 GiB
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

const EXITS_REMEDY =
  'Export it with the thresholds of its exits: exportCascade([network], settings). Or leave out the exits and their weights: the answers of the head do not depend on them.';

const QUANTISE_REMEDY = 'Quantise this network: quantiseNetwork of @dmnn/engine, or dmnn quantize.';

/** The contents of the file of {@link exportOnnx}, with its errors. */
export function onnxModel(network: NetworkData, options: ExportOptions = {}): OnnxModel {
  const { weights } = network;
  const valid = validateArchitecture(network.architecture);
  const problem = exitsProblem(valid);
  if (problem !== undefined) throw exportError('architecture', [problem], EXITS_REMEDY);
  const checked = checkedOptions(valid, options);
  assertExportable({ architecture: valid, weights });
  const { quantisation } = checked;
  const unfit = quantisation ? quantisationProblems(valid, weights, quantisation) : [];
  if (unfit.length > 0) throw exportError(`options for ${valid.name}`, unfit, QUANTISE_REMEDY);
  return networkModel(valid, foldedWeights(new WeightReader(weights)), checked);
}
