import { DmnnError } from '@dmnn/foundation';

/**
 * Creates the error for invalid report data, such as a number that is not finite or lists whose lengths do not match.
 *
 * @param path - path of the invalid value in the data: `runs[0].evaluation.meanMacs`
 */
export function reportDataError(path: string, problem: string): DmnnError {
  return new DmnnError('DMNN_REPORT_DATA', `${path}: ${problem}`, { details: { path } });
}
