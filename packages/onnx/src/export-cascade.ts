import { gatedBlocks } from '@dmnn/architecture';
import type { CascadeSettings } from '@dmnn/confidence';
import { WeightReader } from '@dmnn/weights/internal';
import { assertExportable } from './export/assert-exportable.js';
import { type CascadePart, checkedParts } from './export/cascade-part.js';
import { exportError } from './export/export-error.js';
import { type ExportOptions, checkedOptions } from './export/export-options.js';
import { foldedWeights } from './export/folded-weights.js';
import { stagedModel } from './export/staged-model.js';
import { encodeModel } from './graph/encode-model.js';
import type { OnnxModel } from './graph/onnx-graph.js';

/**
 * Writes networks that are run one after the other, each only for the images of which those before are not sure enough, as
 * one ONNX file; or one network with exits. Its stages are the exits of each network, then its head. What follows a stage
 * lies in a branch of an `If`: an image that stops does not compute it.
 *
 * Input `image`: `float [1, C, H, W]`, normalised as for the first network. Where another network has other means and
 * deviations, the file brings the image to them: x · d₀ / d + (m₀ − m) / d. Outputs as of {@link exportOnnx}, of one image,
 * and where it stopped:
 *
 * - `logits`: `float [1, classes]`, natural logarithms of the answer's probabilities: those of the last stage that ran, or
 *   the mean of all that ran, at their temperatures; their softmax is the answer;
 * - `gates`: of all networks, one after the other; closed where the image did not get;
 * - `macs`: `double []`, of all that ran;
 * - `stage`: `int64 []`, the one that answered, from 0;
 * - `confidence`: `double []`, from 0 to 1, by the measure of the settings.
 *
 * @param parts - networks with the same classes; weights as {@link exportOnnx} takes them
 * @param settings - as `chooseSettings` of `@dmnn/confidence` gives them: a temperature for each stage, a threshold for
 *   each except the last
 * @param options - as of {@link exportOnnx}, for all networks; `frozenGates` for the gated blocks of all, one after the other
 * @returns the bytes of the file
 * @throws DmnnError `DMNN_EXPORT` listing every problem with networks, settings, weights or options: other classes or
 *   channels, images of other sizes unless `imageSizePx` is given, thresholds outside 0 … 1
 * @throws ArchitectureError if an architecture is invalid, also for this image size
 * @see BranchyNet (Teerapittayanon et al. 2016); `nextAnswer` of `@dmnn/confidence`, which the file computes
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { DynamicSession, exportCascade } from '@dmnn/onnx';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const parts = ['cifar-resnet8-0.5', 'cifar-resnet8'].map((name) => {
 *   const architecture = createArchitecture(name, { classes: 10 });
 *   return { architecture, weights: initialWeights(architecture, { seed: 1 }) };
 * });
 * const file = exportCascade(parts, {
 *   by: 'probability',
 *   combine: 'mean',
 *   temperatures: [1, 1],
 *   thresholds: [1], // both networks for all images
 * });
 * const session = await DynamicSession.create(file);
 * const { stage, confidence } = await session.run(new Float32Array(32 * 32 * 3));
 * console.log(stage, Number(confidence) > 0.09); // => 1 true
 * await session.close();
 * ```
 */
export function exportCascade(
  parts: readonly CascadePart[],
  settings: CascadeSettings,
  options: ExportOptions = {},
): Uint8Array {
  return encodeModel(cascadeModel(parts, settings, options));
}

/** The contents of the file of {@link exportCascade}, with its errors. */
export function cascadeModel(
  parts: readonly CascadePart[],
  settings: CascadeSettings,
  options: ExportOptions = {},
): OnnxModel {
  const valid = checkedParts(parts, settings, options);
  if (options.precision === 'int8' || options.quantisation !== undefined) {
    const problem = `precision: expected f32 in a file of stages, got ${String(options.precision)}`;
    throw exportError('options', [problem], 'Export each network alone for int8: exportOnnx.');
  }
  const frozen = frozenByPart(valid, options.frozenGates);
  const checked = valid.map((part, p) => {
    const own = checkedOptions(part.architecture, { ...options, frozenGates: frozen?.[p] });
    assertExportable(part);
    return { ...part, weights: foldedWeights(new WeightReader(part.weights)), options: own };
  });
  return stagedModel(checked, settings);
}

/** Rows of a pattern of all networks, by network. */
function frozenByPart(
  parts: readonly CascadePart[],
  gates: ExportOptions['frozenGates'],
): NonNullable<ExportOptions['frozenGates']>[] | undefined {
  if (gates === undefined) return undefined;
  const counts = parts.map(({ architecture }) => gatedBlocks(architecture).length);
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (!Array.isArray(gates) || gates.length !== all) {
    const got = Array.isArray(gates) ? gates.length : typeof gates;
    throw exportError(
      'options',
      [`frozenGates: expected ${all} gated blocks, those of all networks, got ${got}`],
      'See ExportOptions of @dmnn/onnx.',
    );
  }
  let at = 0;
  const rows: readonly (readonly boolean[])[] = gates;
  return counts.map((count) => rows.slice(at, (at += count)));
}
