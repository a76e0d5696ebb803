import { type NetworkData, variableSpecs } from '@dmnn/weights';
import { weightProblems } from '@dmnn/weights/internal';
import { exportError } from './export-error.js';

/**
 * Checks all weights, also those that a frozen file leaves out: otherwise a mistake elsewhere would go unnoticed.
 *
 * @throws DmnnError `DMNN_EXPORT` listing every problem
 */
export function assertExportable({ architecture, weights }: NetworkData): void {
  const problems = weightProblems(variableSpecs(architecture), weights);
  if (problems.length > 0)
    throw exportError(`weights of ${architecture.name}`, problems, 'Pass weights of the same architecture.');
}
