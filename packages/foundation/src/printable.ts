/**
 * Makes an untrusted text safe for a message, a terminal or an image: on one line, without characters that a
 * terminal might interpret or that XML does not allow, and of limited length.
 *
 * @param longest - maximum number of characters
 * @returns the text with such characters as `\u001b`; if it is too long, the first characters and the total number
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
