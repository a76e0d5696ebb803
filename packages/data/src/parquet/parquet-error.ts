/** What is wrong with the content of a parquet file, for a `DataError` that names the file. Never leaves this package. */
export class ParquetProblem extends Error {
  override readonly name = 'ParquetProblem';
  /** What should be there. */
  readonly expected: string;
  /** What is there. */
  readonly got: string;
  /** What to do about it, if there is more to say than to check the file. */
  readonly remedy: string | undefined;

  constructor(expected: string, got: string, remedy?: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
    this.remedy = remedy;
  }
}
