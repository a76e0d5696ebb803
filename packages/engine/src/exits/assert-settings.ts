import { type CascadeSettings, combinations, confidenceMeasures } from '@dmnn/confidence';
import { kindOf } from '@dmnn/foundation';
import { engineError } from '../errors/engine-error.js';

const REMEDY =
  'Pass what chooseSettings of @dmnn/confidence gives, or the settings of a cascade of @dmnn/runs.';

/**
 * Checks that settings are of so many stages.
 *
 * @param name - of the argument; fields are named `name.by`
 * @param counted - what the numbers are of: `one for each stage`
 * @throws DmnnError `DMNN_ENGINE`
 */
export function assertSettings(
  name: string,
  settings: unknown,
  stages: number,
  counted: Readonly<Record<'temperatures' | 'thresholds', string>>,
): asserts settings is CascadeSettings {
  if (typeof settings !== 'object' || settings === null) {
    const got = typeof settings === 'string' ? `'${settings}'` : kindOf(settings);
    throw engineError(
      `${name}: expected an object with by, combine, temperatures and thresholds, got ${got}`,
      REMEDY,
    );
  }
  const { by, combine, temperatures, thresholds } = settings as Readonly<Record<string, unknown>>;
  assertOneOf(`${name}.by`, by, confidenceMeasures);
  assertOneOf(`${name}.combine`, combine, combinations);
  assertNumbers(`${name}.temperatures`, temperatures, stages, counted.temperatures, {
    holds: (each) => Number.isFinite(each) && each > 0,
    expected: 'a number above 0',
  });
  assertNumbers(`${name}.thresholds`, thresholds, stages - 1, counted.thresholds, {
    holds: (each) => each >= 0 && each <= 1,
    expected: 'a number from 0 to 1',
  });
}

function assertOneOf(name: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  const got = typeof value === 'string' ? `'${value}'` : kindOf(value);
  throw engineError(`${name}: expected ${words.join(', ')}, got ${got}`, REMEDY);
}

function assertNumbers(
  name: string,
  values: unknown,
  count: number,
  counted: string,
  { holds, expected }: { readonly holds: (value: number) => boolean; readonly expected: string },
): void {
  if (!Array.isArray(values) || values.length !== count) {
    const got = Array.isArray(values) ? String(values.length) : kindOf(values);
    throw engineError(`${name}: expected ${count}, ${counted}, got ${got}`, REMEDY);
  }
  const wrong = values.findIndex((value: unknown) => typeof value !== 'number' || !holds(value));
  if (wrong < 0) return;
  throw engineError(`${name}[${wrong}]: expected ${expected}, got ${kindOf(values[wrong])}`, REMEDY);
}
