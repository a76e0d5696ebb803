import { totalmem } from 'node:os';
import type { EnginePlan } from '../plan/engine-plan.js';
import { engineError } from '../errors/engine-error.js';
import type { Precision } from './precision.js';

/** Bytes that a plan takes: once for all workers, and for each of them. */
export interface MemoryNeed {
  /** Weights, as they are and laid out for the processor. */
  readonly sharedBytes: number;
  /** Maps and vectors. */
  readonly workerBytes: number;
}

/** Of a number of a map that is not quantised, and of a weight that is laid out. */
const mapBytes: Readonly<Record<Precision, number>> = { f32: 4, bf16: 2, int8: 4 };
const weightBytes: Readonly<Record<Precision, number>> = { f32: 4, bf16: 2, int8: 1 };

/** What a plan takes at least: scratch memory, and what patterns lay out of their own, come on top. */
export function memoryNeed({ maps, vectors, tensors }: EnginePlan, precision: Precision): MemoryNeed {
  const slots = new Map<number, number>();
  for (const { channels, sizePx, slot, quantised } of maps) {
    const bytes = channels * sizePx * sizePx * (quantised ? 1 : mapBytes[precision]);
    slots.set(slot, Math.max(slots.get(slot) ?? 0, bytes));
  }
  const sum = (lengths: Iterable<number>): number => [...lengths].reduce((all, length) => all + length, 0);
  const weights = sum(tensors.map(({ length }) => length));
  return {
    sharedBytes: weights * (4 + weightBytes[precision]),
    workerBytes: sum(slots.values()) + sum(vectors) * 4,
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
