import type { Command } from 'commander';
import { ArgumentFault, type OptionHints, argumentProblems } from './argument-problems.js';
import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';
import { inNativeProcess, type BackendChoice } from './start-backend.js';
import { typedArguments } from './typed-arguments.js';

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
  run,
}: CommandDefinition<Input, Request>): SetUpCommand {
  return (command, { io, finish }) => {
    const start = async (...input: Input): Promise<ExitCode> => {
      const request = await read(...input);
      const backend = needs?.(request);
      return backend === undefined
        ? run(request, io)
        : inNativeProcess(backend, io, async () => run(request, io));
    };
    usage(command);
    readAllAtOnce(command, hints);
    command.action((...input: unknown[]) => finish(start(...(input as unknown as Input))));
  };
}

/** Problems that commander reports one at a time. */
const listed = ['missingArgument', 'missingMandatoryOptionValue', 'unknownOption'];

/** Lets a command name everything that is missing or unknown, and take no argument for an option's value. */
function readAllAtOnce(command: Command, hints: OptionHints | undefined): void {
  const parse = command.parseOptions.bind(command);
  let words = { operands: [] as string[], unknown: [] as string[] };
  command.parseOptions = (typed) => (words = parse(typedArguments(command, typed)));
  command.exitOverride((error) => {
    if (!listed.includes(error.code.replace('commander.', ''))) throw error;
    const flags = command.options.flatMap(({ long }) => long ?? []);
    throw new ArgumentFault(nameOf(command), argumentProblems(command, words), flags, hints);
  });
}

/** As after `dmnn`: `backend install`. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}
