/**
 * Makes an untrusted text safe for a message, a terminal or an image: on one line, without characters that a
 * terminal might interpret, that change the direction of text or show nothing, or that XML does not allow, and of limited
 * length. Joiners and variants stay, since emoji and some scripts need them.
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
  return short.replace(HIDDEN, (character) => {
    const digits = (character.codePointAt(0) as number).toString(16);
    return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
  });
}

const HIDDEN =
  /\p{Control}|\p{Bidi_Control}|[\u00ad\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
