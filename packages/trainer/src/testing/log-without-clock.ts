import { readMetrics } from '../run/metrics-log.js';

/** A run's log without what depends on the clock. */
export async function logWithoutClock(folder: string): Promise<unknown[]> {
  return (await readMetrics(folder)).map((record) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'clock')),
  );
}
