import process from 'node:process';

/**
 * A text as one word of a command that a user is to copy into a shell: as it is if no shell would change it, otherwise
 * quoted. A path that begins with a hyphen becomes `./-…`, so that no program takes it for an option.
 *
 * @param text - a path or another argument
 * @param platform - whose shell; by default this machine's. Windows: double quotes; others: single quotes
 * @example
 * ```ts
 * import { shellWord } from '@dmnn/foundation/node';
 *
 * console.log(shellWord('runs/d20')); // => runs/d20
 * console.log(shellWord("it's a.onnx", 'linux')); // => 'it'\''s a.onnx'
 * ```
 */
export function shellWord(text: string, platform: string = process.platform): string {
  const word = text.startsWith('-') ? `./${text}` : text;
  if (platform === 'win32') return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word}"`;
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // such characters would be lost on the way to the shell
  if (/\p{Control}/u.test(word)) return `$'${Array.from(word, escaped).join('')}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  if (!/\p{Control}/u.test(character)) return character;
  return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`;
}
