import { isDmnnError } from './dmnn-error.js';
import { printable } from './printable.js';

/**
 * Puts the name of a file in front of the message of an error that what is in the file has led to. The error stays what
 * it is: its class, code and fields.
 *
 * @param error - changed if it comes from these packages and does not name the file yet; otherwise left alone
 * @param file - as the user named it; never shortened
 * @param subject - what the message begins with if the reader did not know the file, replaced by its name: `import`
 * @returns the error
 * @example
 * ```ts
 * import { errorInFile, parseJson } from '@dmnn/foundation';
 *
 * try {
 *   parseJson('{"epochs": ');
 * } catch (error) {
 *   console.log(errorInFile(error as Error, 'mine.json').message); // => mine.json: expected a value at character 11
 * }
 * ```
 */
export function errorInFile<Caught>(error: Caught, file: string, subject?: string): Caught {
  if (!isDmnnError(error)) return error;
  const name = `${printable(file, Infinity)}: `;
  const { message, stack } = error;
  if (message.startsWith(name)) return error;
  const begin = subject === undefined ? '' : `${subject}: `;
  error.message = name + (message.startsWith(begin) ? message.slice(begin.length) : message);
  // the stack has a copy of the message
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
  return error;
}

/**
 * Calls a function that reads what is in a file; its errors name the file, as {@link errorInFile} does.
 *
 * @example
 * ```ts
 * import { inFile, parseJson } from '@dmnn/foundation';
 *
 * console.log(inFile('mine.json', () => parseJson('{"epochs": 5}'))); // => { epochs: 5 }
 * ```
 */
export function inFile<Result>(file: string, read: () => Result, subject?: string): Result {
  try {
    return read();
  } catch (error) {
    throw errorInFile(error, file, subject);
  }
}
