import type { Contestant } from './contestant.js';

/** How long contestants are timed. */
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
 * The minimum time, in milliseconds, of each of some contestants that alternate, so that other load on the machine affects
 * all of them. The minimum, because other load only adds time.
 *
 * @returns `[contestant]`
 * @throws the signal's reason, if it aborts
 */
export async function alternatingMinima(
  contestants: readonly Pick<Contestant, 'run'>[],
  { seconds, now, signal }: TimingOptions,
): Promise<number[]> {
  const timed = async (contestant: Pick<Contestant, 'run'>): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
    signal?.throwIfAborted();
    const start = now();
    await contestant.run();
    return now() - start;
  };
  for (const contestant of contestants) await timed(contestant); // warms up
  const end = now() + 1000 * seconds;
  const minima = contestants.map(() => Infinity);
  for (let round = 0; round < FEWEST_ROUNDS || now() < end; round++) {
    for (const [at, contestant] of contestants.entries())
      minima[at] = Math.min(minima[at] as number, await timed(contestant));
  }
  return minima;
}
