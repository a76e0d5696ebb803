import { totalmem } from 'node:os';
import type { EnginePlan } from '../plan/engine-plan.js';
import { engineError } from './engine-error.js';
import type { Precision } from './precision.js';

/** Bytes that a plan takes: once for all workers, and for each of them. */
export interface MemoryNeed {
  /** Weights, as they are and laid out for the processor. */
  readonly sharedBytes: number;
  /** Maps and vectors. */
  readonly workerBytes: number;
}

/** What a plan takes at least: scratch memory, and what patterns lay out of their own, come on top. */
export function memoryNeed({ maps, vectors, tensors }: EnginePlan, precision: Precision): MemoryNeed {
  const numberBytes = precision === 'f32' ? 4 : 2;
  const slots = new Map<number, number>();
  for (const { channels, sizePx, slot } of maps)
    slots.set(slot, Math.max(slots.get(slot) ?? 0, channels * sizePx * sizePx));
  const sum = (lengths: Iterable<number>): number => [...lengths].reduce((all, length) => all + length, 0);
  const weights = sum(tensors.map(({ length }) => length));
  return {
    sharedBytes: weights * (4 + numberBytes),
    workerBytes: sum(slots.values()) * numberBytes + sum(vectors) * 4,
  };
}

/**
 * Refuses what the memory of this machine cannot hold: systems that promise more memory than they have end the process
 * that uses it.
 *
 * @param availableBytes - of the machine, or what its process may use if that is less
 * @throws DmnnError `DMNN_ENGINE`
 */
export function assertMemory(
  plan: EnginePlan,
  precision: Precision,
  workers: number,
  availableBytes: number = memoryOfProcess(),
): void {
  const { sharedBytes, workerBytes } = memoryNeed(plan, precision);
  if (sharedBytes + workers * workerBytes <= availableBytes) return;
  const most = Math.floor((availableBytes - sharedBytes) / workerBytes);
  const memory = `of the ${megabytes(availableBytes)} of memory`;
  if (most >= 1) {
    throw engineError(
      `workers: expected at most ${most}, each of which takes ${megabytes(workerBytes)} ${memory} for ${plan.name}, got ${workers}`,
      'One for each processor gives the most images a second.',
    );
  }
  throw engineError(
    `${plan.name}: expected a network and images that fit, got ${megabytes(sharedBytes + workerBytes)} ${memory}`,
    'Take a smaller network or imageSizePx.',
  );
}

function memoryOfProcess(): number {
  const limit = process.constrainedMemory(); // 0 without a limit, or a number larger than any memory
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toPrecision(3).replace(/e\+\d+/, (exponent) => ` · 10^${exponent.slice(2)}`)} MB`;
}
