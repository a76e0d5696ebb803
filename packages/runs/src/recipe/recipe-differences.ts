import type { Recipe } from './recipe.js';
import { isSteering } from './steering-settings.js';

/** A place where two plain values differ. */
export interface PlainDifference {
  /** `learningRate.atEpochs.0`; empty for the whole. */
  readonly path: string;
  readonly then: unknown;
  readonly now: unknown;
}

/** Every place where two plain values differ, in order. @param path - prefix of all paths */
export function differencesIn(path: string, then: unknown, now: unknown): PlainDifference[] {
  if (isContainer(then) && isContainer(now)) {
    const keys = [...new Set([...Object.keys(then), ...Object.keys(now)])];
    return keys.flatMap((key) => differencesIn(path === '' ? key : `${path}.${key}`, then[key], now[key]));
  }
  return Object.is(then, now) ? [] : [{ path, then, now }];
}

/** `epochs: 5 then, 6 now`. */
export function differenceText({ path, then, now }: PlainDifference): string {
  return `${path}: ${settingText(then)} then, ${settingText(now)} now`;
}

/** A setting as JSON; `nothing` if it is absent. */
export function settingText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Where two recipes differ: in settings that only steer, and in those that make another run. */
export interface RecipeDifferences {
  readonly steering: readonly PlainDifference[];
  readonly others: readonly PlainDifference[];
}

/** Where two recipes differ. */
export function recipeDifferences(then: Recipe, now: Recipe): RecipeDifferences {
  const all = differencesIn('', then, now);
  return {
    steering: all.filter(({ path }) => isSteering(path)),
    others: all.filter(({ path }) => !isSteering(path)),
  };
}

function isContainer(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
