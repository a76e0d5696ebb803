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
    // by half characters, as JSON has them
    const halves = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return halves.map((half) => `\\u${half.toString(16).padStart(4, '0')}`).join('');
  });
}

/**
 * Each line of a text by {@link printable}, whole; line breaks and tabs stay. For messages and listings, whose parts may
 * come from files.
 *
 * @example
 * ```ts
 * import { printableLines } from '@dmnn/foundation';
 *
 * console.log(printableLines('a.png: damaged\n\u001b[2Jb.png: damaged'));
 * // => a.png: damaged
 * // => \u001b[2Jb.png: damaged
 * ```
 */
export function printableLines(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : printable(part, Infinity)))
    .join('');
}

const HIDDEN =
  /\p{Control}|\p{Bidi_Control}|[\u00ad\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
