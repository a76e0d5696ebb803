/**
 * Runs `body`, then all of `closes` in turn, whatever became of `body` and of each other. Unlike `try … finally`, an error
 * of one of them does not hide the first, which is the one to report.
 *
 * @returns what `body` returns
 * @throws the error of `body`; if it had none, the first of `closes`
 * @example
 * ```ts
 * import { closeAfter } from '@dmnn/foundation';
 *
 * const failing = (message: string) => () => Promise.reject(new Error(message));
 * const error: unknown = await closeAfter(failing('first'), failing('second')).catch((reason: unknown) => reason);
 * console.log(String(error)); // => Error: first
 * ```
 */
export async function closeAfter<T>(
  body: () => T | Promise<T>,
  ...closes: readonly (() => unknown)[]
): Promise<T> {
  const errors: unknown[] = [];
  let result: T | undefined;
  try {
    result = await body();
  } catch (error) {
    errors.push(error);
  }
  await closeAll(closes, errors);
  return result as T;
}

/**
 * As {@link closeAfter}, at once.
 *
 * @throws as {@link closeAfter}
 * @example
 * ```ts
 * import { closeAfterSync } from '@dmnn/foundation';
 *
 * console.log(closeAfterSync(() => 'read', () => console.log('closed')));
 * // => closed
 * // => read
 * ```
 */
export function closeAfterSync<T>(body: () => T, ...closes: readonly (() => unknown)[]): T {
  const errors: unknown[] = [];
  let result: T | undefined;
  try {
    result = body();
  } catch (error) {
    errors.push(error);
  }
  for (const close of closes) {
    try {
      close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return result as T;
}

/**
 * As {@link closeAfter}, for items that arrive one after the other: closes after the last one, also where the loop over
 * them is left early.
 *
 * @throws as {@link closeAfter}
 * @example
 * ```ts
 * import { closeAfterEach } from '@dmnn/foundation';
 *
 * async function* lines() {
 *   yield* ['one', 'two'];
 * }
 * for await (const line of closeAfterEach(lines(), () => console.log('closed'))) {
 *   console.log(line); // => one
 *   break; // => closed
 * }
 * ```
 */
export async function* closeAfterEach<T>(
  items: AsyncIterable<T>,
  ...closes: readonly (() => unknown)[]
): AsyncGenerator<T, void, undefined> {
  const errors: unknown[] = [];
  try {
    yield* items;
  } catch (error) {
    errors.push(error);
  } finally {
    // eslint-disable-next-line no-restricted-syntax -- throws the first of the errors
    await closeAll(closes, errors);
  }
}

/**
 * Runs `body`, and if it fails all of `closes` in turn: what it has made so far is freed. Their own errors are left out.
 *
 * @returns what `body` returns
 * @throws the error of `body`
 * @example
 * ```ts
 * import { closeIfFails } from '@dmnn/foundation';
 *
 * const close = () => console.log('closed');
 * await closeIfFails(() => Promise.resolve(), close);
 * await closeIfFails(() => Promise.reject(new Error('full')), close).catch(console.log);
 * // => closed
 * ```
 */
export async function closeIfFails<T>(
  body: () => Promise<T>,
  ...closes: readonly (() => unknown)[]
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    await closeAll(closes, [error]);
    throw error;
  }
}

/**
 * As {@link closeIfFails}, at once.
 *
 * @throws as {@link closeIfFails}
 * @example
 * ```ts
 * import { closeIfFailsSync } from '@dmnn/foundation';
 *
 * console.log(closeIfFailsSync(() => 'made', () => console.log('closed'))); // => made
 * ```
 */
export function closeIfFailsSync<T>(body: () => T, ...closes: readonly (() => unknown)[]): T {
  try {
    return body();
  } catch (error) {
    const fail = (): never => {
      throw error;
    };
    return closeAfterSync(fail, ...closes);
  }
}

/** @param errors - those before; @throws the first of all */
async function closeAll(closes: readonly (() => unknown)[], errors: unknown[]): Promise<void> {
  for (const close of closes) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
