import { type AgainstFinding, againstJson } from './against.js';

/** A network as trained, or under a budget, next to static networks at its cost. */
export interface NetworkAgainst {
  /** Undefined: as trained. */
  readonly budget: number | undefined;
  readonly finding: AgainstFinding;
}

/** The comparison of a budget as `--json` prints it, if it was asked for. @param budget - undefined: as trained */
export function networkAgainstJson(
  against: readonly NetworkAgainst[] | undefined,
  budget: number | undefined,
): object {
  const own = against?.find((each) => each.budget === budget);
  return own ? { against: againstJson(own.finding) } : {};
}
