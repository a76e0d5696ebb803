/** What a report was asked to show cannot be shown: a number that is none, or lists that do not fit each other. */
export class ReportDataError extends Error {
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_REPORT_DATA';
  /** Where in the data: `runs[0].evaluation.meanMacs`. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'ReportDataError';
    this.path = path;
  }
}
