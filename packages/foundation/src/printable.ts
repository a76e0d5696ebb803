const LONGEST = 300;

/**
 * A text from somebody else's file, fit for a message: without control characters, which a terminal might obey, and not
 * endless.
 *
 * @returns control characters as `\u001b`; beyond 300 characters the first ones and how many there were
 * @example
 * ```ts
 * import { printable } from '@dmnn/foundation';
 *
 * console.log(printable('layer1\u001b[2J.weight')); // => layer1\u001b[2J.weight
 * ```
 */
export function printable(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  return short.replace(
    /\p{Control}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
