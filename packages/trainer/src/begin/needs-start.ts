/** The problem of a recipe that continues from another run, when no run is given. */
export function needsStart(section: 'pruning' | 'fineTuning'): string {
  return `${section}: expected a run to start from (from, or --from RUN), got none`;
}
