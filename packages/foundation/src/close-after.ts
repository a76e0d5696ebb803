/**
 * Runs `body`, then `close`, whatever became of `body`. Unlike `try … finally`, an error of `close` does not hide the
 * one of `body`, which is the one to report.
 *
 * @returns what `body` returns
 * @throws the error of `body`; of `close`, if `body` had none
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
  close: () => void | Promise<void>,
): Promise<T> {
  let result: T;
  try {
    result = await body();
  } catch (error) {
    try {
      await close();
    } catch {
      // the first error is the one to report
    }
    throw error;
  }
  await close();
  return result;
}
