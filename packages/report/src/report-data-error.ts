import { DmnnError } from '@dmnn/foundation';

/**
 * What a report was asked to show cannot be shown: a number that is none, or lists that do not fit each other.
 *
 * @param path - where in the data: `runs[0].evaluation.meanMacs`
 */
export function reportDataError(path: string, problem: string): DmnnError {
  return new DmnnError('DMNN_REPORT_DATA', `${path}: ${problem}`, { details: { path } });
}
