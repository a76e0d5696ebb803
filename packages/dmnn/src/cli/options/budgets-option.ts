import type { DmnnError } from '@dmnn/foundation';
import { usageError } from '../terminal/usage-error.js';

/** Mean costs of an image that `--budgets` asks for. */
export interface Budgets {
  /** Shares of the undivided backbone's multiply–accumulates, or milliseconds. */
  readonly unit: 'share' | 'ms';
  /** Above 0, in the order given. */
  readonly values: readonly number[];
}

const forms = `numbers above 0, as a list or a range: 0.3..1, 0.3..1:0.05, 0.4,0.6 (shares of the undivided backbone's MACs), 8ms or 6ms..12ms:1ms`;
const most = 100;
/** A network with all gates open costs up to 1.03 of the undivided one, since its controllers count. */
const largestShare = 1.1;

/** Reads `--budgets` of one network without exits: a range with its step, or a list. */
export function budgetsOption(text: string): Budgets {
  const budgets = costsOption(text);
  assertBackboneShares(budgets, text);
  return budgets;
}

/**
 * Refuses shares that no network costs of its backbone.
 *
 * @param text - as typed. @defaultValue the shares that are too large
 * @throws DmnnError `DMNN_USAGE`
 */
export function assertBackboneShares({ unit, values }: Budgets, text?: string): void {
  const tooLarge = values.filter((value) => value > largestShare);
  if (unit !== 'share' || tooLarge.length === 0) return;
  const got = tooLarge.length > 2 ? `${tooLarge[0] ?? ''}..${tooLarge.at(-1) ?? ''}` : tooLarge.join(',');
  throw usageError(
    `--budgets: expected shares of the undivided backbone's MACs, up to 1 (50 % is 0.5), got ${text ?? got}`,
  );
}

/** Reads `--budgets`, whatever the most is that can be reached. */
export function costsOption(text: string): Budgets {
  const range = /^([^:]+?)\.\.([^:]+?)(?::(.+))?$/.exec(text);
  const [first, second, third] = (range ? range.slice(1) : []).map((each) => each as string | undefined);
  const numbers = range ? [first, second, third].filter((each) => each !== undefined) : text.split(',');
  const read = numbers.map((each) => budgetOf(each.trim()));
  const [unit] = read.map((each) => each?.unit);
  if (unit === undefined || read.includes(undefined)) throw wrong(text);
  if (read.some((each) => each?.unit !== unit))
    throw usageError(
      `--budgets: expected shares of MACs or milliseconds throughout (6ms..12ms:1ms), got both in ${text}.`,
    );
  const values = read.map((each) => (each as { value: number }).value);
  return { unit, values: range ? steps(text, unit, values) : values };
}

function budgetOf(text: string): { unit: Budgets['unit']; value: number } | undefined {
  const parts = /^(\d+(?:\.\d+)?|\.\d+)(ms)?$/.exec(text);
  const value = Number(parts?.[1]);
  return value > 0 ? { unit: parts?.[2] === 'ms' ? 'ms' : 'share', value } : undefined;
}

function steps(text: string, unit: Budgets['unit'], values: readonly number[]): number[] {
  const [from, to, step = unit === 'share' ? 0.1 : undefined] = values as [number, number, number?];
  if (step === undefined) {
    throw usageError(`--budgets: expected a step after a range of milliseconds, ${text}:1ms, got ${text}.`);
  }
  if (to < from) {
    const [low, high] = [to, from].map((each) => (unit === 'ms' ? `${each}ms` : String(each)));
    throw usageError(
      `--budgets: expected a range from the smallest to the largest, ${low ?? ''}..${high ?? ''}, got ${text}.`,
    );
  }
  const count = Math.floor((to - from) / step + 1e-9) + 1; // 0.3 + 7 · 0.1 is a little less than 1
  if (count > most) {
    const shares = unit === 'share' && to > largestShare ? ' Shares go up to 1 (50 % is 0.5).' : '';
    throw usageError(
      `--budgets: expected a range of at most ${most} budgets, got ${count} in ${text}. Give a larger step after a colon.${shares}`,
    );
  }
  return Array.from({ length: count }, (_, i) => Number((from + i * step).toPrecision(12)));
}

function wrong(text: string): DmnnError {
  return usageError(`--budgets: expected ${forms}, got ${text}`);
}
