import type { Work } from '../conventions.js';
import type { LayerCall } from './layer-call.js';

/** What a counter returned. @throws RangeError naming counter and layer if a number in it is not finite and at least 0 */
export function checkedWork(work: Work, { className, name }: LayerCall): Work {
  for (const [key, value] of Object.entries(work) as [string, unknown][]) {
    if (value === undefined || (typeof value === 'number' && value >= 0 && value < Infinity)) continue;
    const got = typeof value === 'number' ? String(value) : `a ${typeof value}`;
    throw new RangeError(
      `counters.${className} of layer ${name}: expected ${key} to be a finite number >= 0, got ${got}`,
    );
  }
  return work;
}
