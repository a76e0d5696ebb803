import { assertList } from '@dmnn/foundation';
import { thresholdProblems } from './export/cascade-part.js';
import { exportError } from './export/export-error.js';
import { DESCRIPTION_KEY, type FileDescription } from './file-description.js';
import { joinedParts, metadataEntry } from './graph/encode-model.js';
import { messageFields } from './graph/message-fields.js';
import { fields } from './graph/onnx-schema.js';
import { initialiserBytes } from './graph/read-initialisers.js';
import { readMetadata } from './graph/read-metadata.js';
import { thresholdName } from './export/staged-graph.js';
import { readDescription } from './session/read-description.js';

/**
 * A file of {@link exportCascade} with other thresholds, for another budget: thresholds are constants of the file, which need
 * no weights to be written again.
 *
 * @param file - stays as it is
 * @param thresholds - one for each stage except the last, from 0 (all images stop there) to 1
 * @returns the bytes of the other file: those that `exportCascade` would write with these thresholds
 * @throws DmnnError `DMNN_SESSION` if `exportCascade` did not write the file; `DMNN_EXPORT` if thresholds do not fit its
 *   stages
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { exportCascade, readDescription, withThresholds } from '@dmnn/onnx';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const parts = ['cifar-resnet8-0.5', 'cifar-resnet8'].map((name) => {
 *   const architecture = createArchitecture(name, { classes: 10 });
 *   return { architecture, weights: initialWeights(architecture, { seed: 1 }) };
 * });
 * const settings = { by: 'margin', combine: 'last', temperatures: [1, 1], thresholds: [0.5] } as const;
 * const cheaper = withThresholds(exportCascade(parts, settings), [0.25]);
 * console.log(readDescription(cheaper).cascade?.stages[0]?.threshold); // => 0.25
 * ```
 */
export function withThresholds(file: Uint8Array, thresholds: readonly number[]): Uint8Array {
  const description = readDescription(file);
  const { cascade, name } = description;
  if (!cascade) {
    const problem = 'file: expected stages, got none';
    throw exportError(name, [problem], 'Write it with exportCascade of @dmnn/onnx.');
  }
  assertList('thresholds', thresholds, 'a list of numbers');
  const problems = thresholdProblems(thresholds, cascade.stages.length);
  if (problems.length > 0) throw exportError(name, problems, 'See exportCascade of @dmnn/onnx.');
  const copy = file.slice();
  const constants = initialiserBytes(copy);
  for (const [s, threshold] of thresholds.entries()) {
    const bytes = constants.get(thresholdName(s));
    if (bytes?.length !== Float64Array.BYTES_PER_ELEMENT) {
      const problem = `file: expected the constant ${thresholdName(s)} of 8 bytes, got ${bytes?.length ?? 'none'}`;
      throw exportError(name, [problem], 'Export the file again.');
    }
    new DataView(bytes.buffer, bytes.byteOffset).setFloat64(0, threshold, true);
  }
  const stages = cascade.stages.map((stage, s) => {
    const threshold = thresholds[s];
    return threshold === undefined ? stage : { ...stage, threshold };
  });
  return redescribed(copy, { ...description, cascade: { ...cascade, stages } });
}

/** A file with another description in the place of its own. */
function redescribed(file: Uint8Array, description: FileDescription): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { number, start, end } of messageFields(file)) {
    const field = file.subarray(start, end);
    const isDescription =
      number === fields.model.metadataProps && readMetadata(field)[0]?.[0] === DESCRIPTION_KEY;
    if (isDescription) parts.push(...metadataEntry(DESCRIPTION_KEY, JSON.stringify(description)));
    else parts.push(field);
  }
  return joinedParts(parts);
}
