/**
 * Requires an argument to be an object, in calls from JavaScript without types.
 *
 * @param name - of the argument
 * @param expected - what it holds: `the costs of flopsTable`
 * @throws TypeError `name: expected …, got …` for anything else, null and lists among them
 * @example
 * ```ts
 * import { assertRecord } from '@dmnn/foundation';
 *
 * try {
 *   assertRecord('options', undefined, 'an object with seed and epoch');
 * } catch (error) {
 *   console.log((error as Error).message); // => options: expected an object with seed and epoch, got nothing
 * }
 * ```
 */
export function assertRecord(name: string, value: unknown, expected: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new TypeError(`${name}: expected ${expected}, got ${kindOf(value)}`);
}

/** Requires an argument to be a list or a typed array. @throws TypeError as {@link assertRecord} */
export function assertList(name: string, value: unknown, expected: string): void {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return;
  throw new TypeError(`${name}: expected ${expected}, got ${kindOf(value)}`);
}

/** Requires an argument to be a list of lists. @throws TypeError as {@link assertRecord}, with the index */
export function assertLists(name: string, value: unknown, expected: string): void {
  assertList(name, value, expected);
  for (const [i, each] of Array.from(value as readonly unknown[]).entries())
    assertList(`${name}[${i}]`, each, `a list, of ${expected}`);
}

/** Requires an argument to be a function. @throws TypeError as {@link assertRecord} */
export function assertFunction(name: string, value: unknown, expected: string): void {
  if (typeof value !== 'function') throw new TypeError(`${name}: expected ${expected}, got ${kindOf(value)}`);
}

/** Requires an argument to be a tensor of TensorFlow.js, of any shape. @throws TypeError as {@link assertRecord} */
export function assertTensor(name: string, value: unknown, expected: string): void {
  const { shape, rank } = (value ?? {}) as { readonly shape?: unknown; readonly rank?: unknown };
  if (Array.isArray(shape) && rank === shape.length) return;
  throw new TypeError(`${name}: expected ${expected}, got ${kindOf(value)}`);
}

/** What a value is, for a message: `nothing`, `a list`, `a string`, `7`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
