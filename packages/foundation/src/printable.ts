/**
 * A text from somebody else's file, fit for a message, a terminal or a picture: on one line, without characters that a
 * terminal might obey or that XML cannot hold, and not endless.
 *
 * @param longest - characters after which it is cut
 * @returns such characters as `\u001b`; beyond `longest` characters the first ones and how many there were
 * @example
 * ```ts
 * import { printable } from '@dmnn/foundation';
 *
 * console.log(printable('layer1\u001b[2J.weight')); // => layer1\u001b[2J.weight
 * ```
 */
export function printable(text: string, longest = 300): string {
  const short = text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  return short.replace(
    /\p{Control}|[\u2028\u2029\ufffe\uffff]|\p{Surrogate}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
