import { DmnnError, closestNames } from '@dmnn/foundation';
import type { Command } from 'commander';

/** An option that a command does not have. */
export interface UnknownOption {
  /** `--epochs` */
  readonly flag: string;
  /** What was typed as its value; undefined if nothing follows it. */
  readonly value?: string | undefined;
}

/** What is wrong with the words of a command. */
export interface ArgumentProblems {
  /** Arguments and options that must be given and are not, as the help writes them. */
  readonly missing: readonly string[];
  readonly unknown: readonly UnknownOption[];
}

/**
 * Lists everything that is missing or unknown, where commander stops at the first.
 *
 * @param command - with the options that were read
 * @param words - the others as commander sorts them: operands, and all that follows the first unknown option
 */
export function argumentProblems(
  command: Command,
  { operands, unknown }: { readonly operands: readonly string[]; readonly unknown: readonly string[] },
): ArgumentProblems {
  const options = unknownOptions(unknown);
  const values = options.filter(({ value }, i) => value !== undefined && !unknown[i]?.includes('=')).length;
  const others = unknown.filter((word) => !word.startsWith('-')).length - values;
  return { missing: missingOf(command, operands.length + Math.max(0, others)), unknown: options };
}

function unknownOptions(words: readonly string[]): UnknownOption[] {
  return words.flatMap((word, i): UnknownOption[] => {
    if (!word.startsWith('-')) return [];
    const equals = word.indexOf('=');
    if (equals > 0) return [{ flag: word.slice(0, equals), value: word.slice(equals + 1) }];
    const next = words[i + 1];
    return [{ flag: word, value: next === undefined || /^-\D/.test(next) ? undefined : next }];
  });
}

function missingOf(command: Command, operands: number): string[] {
  const values: Readonly<Record<string, unknown>> = command.opts();
  return [
    ...command.registeredArguments
      .filter(({ required }, i) => required && i >= operands)
      .map((argument) => `<${argument.name()}${argument.variadic ? '...' : ''}>`),
    ...command.options
      .filter((option) => option.mandatory && values[option.attributeName()] === undefined)
      .map(({ flags }) => flags),
  ];
}

/** Finds what an unknown option may stand for, where that is more than a misspelled one. */
export type OptionHints = (option: UnknownOption) => Promise<readonly string[]>;

/** What {@link ArgumentFault} needs to explain what is wrong. */
export interface FaultContext {
  /** Options that the command has. */
  readonly flags: readonly string[];
  readonly hints?: OptionHints | undefined;
  /** What else is missing, with what was given. */
  readonly also?: (() => Promise<readonly string[]> | undefined) | undefined;
}

/** What commander stops at, until it is explained: commander reads words without waiting. */
export class ArgumentFault extends Error {
  readonly #name: string;
  readonly #problems: ArgumentProblems;
  readonly #context: FaultContext;

  /** @param name - of the command, as after `dmnn`: `backend install` */
  constructor(name: string, problems: ArgumentProblems, context: FaultContext) {
    super(name);
    this.#name = name;
    this.#problems = problems;
    this.#context = context;
  }

  /** The error that names everything at once. */
  async explained(): Promise<DmnnError> {
    const { unknown } = this.#problems;
    const missing = [...this.#problems.missing, ...((await this.#context.also?.()) ?? [])];
    const meant = await Promise.all(unknown.map(async (option) => this.#suggestions(option)));
    const parts = [
      ...unknown.map(({ flag }, i) => {
        const names = meant[i] as readonly string[];
        return `unknown option '${flag}'${names.length > 0 ? ` (Did you mean ${names.join(', ')}?)` : ''}`;
      }),
      ...(missing.length > 0 ? [missingText(missing)] : []),
    ];
    return new DmnnError(
      'DMNN_USAGE',
      `${this.#name}: ${parts.join('; ')}. Help: dmnn ${this.#name} --help`,
      { details: { suggestions: meant.flat(), missing, unknown: unknown.map(({ flag }) => flag) } },
    );
  }

  async #suggestions(option: UnknownOption): Promise<readonly string[]> {
    const hints = (await this.#context.hints?.(option)) ?? [];
    return hints.length > 0 ? hints : closestNames(option.flag, this.#context.flags);
  }
}

/** `expected <row> and --data <data>, got neither` */
function missingText(missing: readonly string[]): string {
  const last = missing.at(-1) ?? '';
  const list = missing.length > 1 ? `${missing.slice(0, -1).join(', ')} and ${last}` : last;
  return `expected ${list}, got ${['none', 'neither'][missing.length - 1] ?? 'none of them'}`;
}
