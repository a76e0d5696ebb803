import { existsSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { usageError } from './usage-error.js';

/**
 * Prepares typed words for commander: an option whose value may be left out takes the next word only if that can be meant
 * as its value, so that `eval --noisy-gates RUN` evaluates RUN; and no option takes another for its value.
 *
 * @param words - what follows the command
 * @throws DmnnError `DMNN_USAGE` for an option that is followed by another instead of its value
 */
export function typedArguments({ options }: Command, words: readonly string[]): string[] {
  const typed: string[] = [];
  const optionOf = (word: string): Option | undefined =>
    options.find(({ long, short }) => word === long || word === short);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--') return [...typed, ...words.slice(i)];
    const option = optionOf(word);
    const next = words[i + 1];
    if (option?.required) {
      const other = next === undefined ? undefined : optionOf(next.replace(/=.*$/s, ''));
      if (other?.long?.startsWith('--')) {
        throw usageError(`${word}: expected a value, ${option.flags}, got the option ${String(next)}.`);
      }
      typed.push(word, ...words.slice(i + 1, i + 2));
      i += 1;
    } else if (option?.optional && next !== undefined && !isValueOf(option, next)) {
      typed.push(`${word}=${String(option.presetArg)}`);
    } else typed.push(word);
  }
  return typed;
}

/** A value that the option accepts, or else what looks like one and is no file: then the option says what is wrong with it. */
function isValueOf({ parseArg }: Option, word: string): boolean {
  if (word.startsWith('-')) return /^-[.\d]/.test(word);
  try {
    parseArg?.(word, undefined);
    return true;
  } catch {
    return /^[+.]?\d/.test(word) && !existsSync(word);
  }
}
