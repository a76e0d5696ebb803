/** Plain data that are no latency table, or another network's. */
export class LatencyTableError extends Error {
  override readonly name = 'LatencyTableError';
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_LATENCIES';
  /** One line for each. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`latencies: ${problems.join('; ')}. Measure them again with measureLatencies.`);
    this.problems = problems;
  }
}
