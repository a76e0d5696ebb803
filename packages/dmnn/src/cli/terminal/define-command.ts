import { existsSync } from 'node:fs';
import type { Command, Option } from 'commander';
import {
  ArgumentFault,
  type ArgumentProblems,
  type OptionHints,
  argumentProblems,
} from './argument-problems.js';
import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';
import { inSuitableProcess, type BackendChoice } from './start-backend.js';
import { usageError } from './usage-error.js';

/** What a command needs to join the program. */
export interface CommandContext {
  readonly io: CommandIo;
  /** Takes a command's exit code when it has one. */
  readonly finish: (code: ExitCode | Promise<ExitCode>) => Promise<void>;
}

/** Adds arguments, options and the action to a command of commander. */
export type SetUpCommand = (command: Command, context: CommandContext) => void;

/** A command: its arguments, the process it needs, and its work. */
export interface CommandDefinition<Input extends readonly unknown[], Request> {
  /** Adds arguments, options and examples. */
  readonly usage: (command: Command) => void;
  /**
   * Reads and checks what was typed, before anything heavy is loaded or started.
   *
   * @param input - arguments, then options, as commander passes them to an action
   * @throws DmnnError `DMNN_USAGE`
   */
  readonly request: (...input: Input) => Request | Promise<Request>;
  /**
   * The backend that the process must suit: for a native one the command may run again in a new process.
   * Undefined, or left out: any process will do.
   */
  readonly needs?: (request: Request) => BackendChoice | undefined;
  /**
   * Options that must be given with these, as the help writes them, beyond those that must always be: named together with
   * all else that is missing.
   */
  readonly requires?: (options: Readonly<Record<string, unknown>>) => Promise<readonly string[]>;
  /** What an unknown option may stand for, where that is more than a misspelled one. */
  readonly hints?: OptionHints;
  /** Does the work, in a process that suits it. */
  readonly run: (request: Request, io: CommandIo) => ExitCode | Promise<ExitCode>;
}

/** The only place where a command meets commander, and the process it needs. */
export function defineCommand<Input extends readonly unknown[], Request>({
  usage,
  request: read,
  needs,
  hints,
  requires,
  run,
}: CommandDefinition<Input, Request>): SetUpCommand {
  return (command, { io, finish }) => {
    const reading: Reading = { command, hints, requires };
    const start = async (...input: Input): Promise<ExitCode> => {
      assertNothingEmpty(command);
      await assertRequired(reading);
      const request = await read(...input);
      const backend = needs?.(request);
      return backend === undefined
        ? run(request, io)
        : inSuitableProcess(backend, io, async () => run(request, io));
    };
    usage(command);
    readAllAtOnce(reading);
    command.action((...input: unknown[]) => finish(start(...(input as unknown as Input))));
  };
}

/** What decides about the words of a command. */
interface Reading {
  readonly command: Command;
  readonly hints: OptionHints | undefined;
  readonly requires: ((options: Readonly<Record<string, unknown>>) => Promise<readonly string[]>) | undefined;
}

/** Problems that commander reports one at a time. */
const listed = ['missingArgument', 'missingMandatoryOptionValue', 'unknownOption'];

/** Lets a command name everything that is missing or unknown, and take no argument for an option's value. */
function readAllAtOnce(reading: Reading): void {
  const { command } = reading;
  const parse = command.parseOptions.bind(command);
  let unknown: readonly string[] = [];
  command.parseOptions = (typed) => {
    const words = parse(typedArguments(command, typed));
    unknown = words.unknown;
    return words;
  };
  command.exitOverride((error) => {
    if (!listed.includes(error.code.replace('commander.', ''))) throw error;
    // what stands before the first option is not among the words that are parsed here, but among the arguments
    const operands = command.args.slice(0, command.args.length - unknown.length);
    throw faultOf(reading, argumentProblems(command, { operands, unknown }));
  });
}

/** An empty path would be the current folder, which a variable of a shell that is not set did not mean. */
function assertNothingEmpty(command: Command): void {
  const options = command.options.map((option) => ({
    name: option.long ?? option.flags,
    flags: option.flags,
    value: command.getOptionValue(option.attributeName()) as unknown,
  }));
  const words = command.registeredArguments.map((argument, i) => ({
    name: argument.name(),
    flags: '',
    value: command.processedArgs[i] as unknown,
  }));
  for (const { name, flags, value } of [...words, ...options]) {
    if (flags.includes('<text>') || ![value].flat().includes('')) continue;
    throw usageError(`${name}: expected a value, got an empty one. A variable of the shell may not be set.`);
  }
}

async function assertRequired(reading: Reading): Promise<void> {
  const missing = (await reading.requires?.(reading.command.opts())) ?? [];
  if (missing.length > 0) throw await faultOf(reading, { missing: [], unknown: [] }).explained();
}

function faultOf({ command, hints, requires }: Reading, problems: ArgumentProblems): ArgumentFault {
  const flags = command.options.flatMap(({ long }) => long ?? []);
  return new ArgumentFault(nameOf(command), problems, {
    flags,
    hints,
    also: () => requires?.(command.opts()),
  });
}

/** As after `dmnn`: `backend install`. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

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
