import type { Contestant } from './contestant.js';

/** How long two contestants are timed. */
export interface TimingOptions {
  /** Minimum total duration. */
  readonly seconds: number;
  /** Milliseconds of a clock. */
  readonly now: () => number;
  /** Stops between two runs. */
  readonly signal?: AbortSignal | undefined;
}

const FEWEST_ROUNDS = 3;

/**
 * The minimum time, in milliseconds, of two contestants that alternate, so that other load on the machine affects
 * both. The minimum, because other load only adds time.
 *
 * @throws the signal's reason, if it aborts
 */
export async function alternatingMinima(
  one: Contestant,
  other: Contestant,
  { seconds, now, signal }: TimingOptions,
): Promise<readonly [oneMs: number, otherMs: number]> {
  const timed = async (contestant: Contestant): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
    signal?.throwIfAborted();
    const start = now();
    await contestant.run();
    return now() - start;
  };
  await timed(one); // warms up
  await timed(other);
  const end = now() + 1000 * seconds;
  let [oneMs, otherMs] = [Infinity, Infinity];
  for (let round = 0; round < FEWEST_ROUNDS || now() < end; round++) {
    oneMs = Math.min(oneMs, await timed(one));
    otherMs = Math.min(otherMs, await timed(other));
  }
  return [oneMs, otherMs];
}
