import { createRequire } from 'node:module';
import { DmnnError, closestNames } from '@dmnn/foundation';
import { Command } from 'commander';
import type { CommandIo } from './terminal/command-io.js';
import { type ExitCode, DONE, WRONG_USE } from './terminal/exit-code.js';
import { processIo, jsonIo, safeIo } from './terminal/process-io.js';
import { reportError } from './terminal/report-error.js';
import { commandList } from './command-list.js';
import type { CommandContext } from './terminal/define-command.js';
import { ArgumentFault } from './terminal/argument-problems.js';
import { optionText } from './terminal/option-text.js';
import { usageError } from './terminal/usage-error.js';

/**
 * Runs the command line.
 *
 * @param argv - what follows `dmnn`
 * @param io - the outside world; this process by default
 * @returns 0 done, 1 failed, 2 wrong use, 130 interrupted
 */
export async function main(
  argv: readonly string[],
  io: CommandIo = processIo(asksForJson(argv)),
): Promise<ExitCode> {
  const json = asksForJson(argv);
  const safe = safeIo(io);
  try {
    return await runProgram(argv, json ? jsonIo(safe) : safe);
  } catch (error) {
    return reportError(error, json, safe);
  }
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--'); // what follows is no option
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}

/**
 * Reads the arguments and runs the command they name.
 *
 * @throws CommanderError, DmnnError `DMNN_USAGE` and whatever the command throws
 */
async function runProgram(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  let exitCode: ExitCode = DONE;
  const context: CommandContext = {
    io,
    finish: async (code) => {
      exitCode = await code;
    },
  };
  const program = programOf(io);
  if (argv.length === 0) {
    io.err(program.helpInformation().trimEnd());
    return WRONG_USE;
  }
  const words = commandFirst(argv);
  assertOneOf(program, words[0]);
  program.hook('preSubcommand', async (_, command) => {
    const listed = commandList.find(({ name }) => name === command.name());
    if (!listed) return;
    (await listed.load())(command, context);
    if (command.commands.length > 0) assertOneOf(command, words[1]);
    else if (argv[0] === 'help' && argv[2] !== undefined) assertNoMore(command, argv[2]);
  });
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    throw error instanceof ArgumentFault ? await error.explained() : error;
  }
  return exitCode;
}

function programOf(io: CommandIo): Command {
  const program = new Command('dmnn')
    .description(
      'Dynamic inference for convolutional networks: train, evaluate and analyse networks of gated sub-blocks.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .configureHelp({ optionDescription: optionText })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        io.out(text.trimEnd());
      },
      writeErr: (text) => {
        io.err(text.trimEnd());
      },
      outputError: () => undefined, // the thrown error is reported once, in one place
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const { name, description } of commandList) program.command(name).description(description);
  return program;
}

/** `help train` as `train --help`, and `backend help install` as `backend install --help`: that loads the command first. */
function commandFirst(argv: readonly string[]): readonly string[] {
  const [first, second, ...others] = argv;
  if (first === 'help' && second !== undefined) return [...argv.slice(1), '--help'];
  const hasCommands = commandList.some((command) => command.name === first && command.hasCommands);
  return first !== undefined && hasCommands && second === 'help' ? [first, ...others, '--help'] : argv;
}

/** Commander would answer a wrong command with the help of the one above it, as if all were well. */
function assertOneOf(parent: Command, word: string | undefined): void {
  if (word?.startsWith('-')) return;
  const names = parent.commands.map((command) => command.name());
  if (word === undefined) {
    throw usageError(
      `${parent.name()}: expected ${names.join(' or ')} after it, got nothing. Help: dmnn ${parent.name()} --help`,
    );
  }
  if (word === 'help' || names.includes(word)) return;
  const near = closestNames(word, names);
  const meant = near.length > 0 ? `Did you mean ${near.join(', ')}?` : `dmnn --help lists them`;
  throw new DmnnError('DMNN_USAGE', `unknown command '${word}' (${meant})`, {
    details: { suggestions: near },
  });
}

function assertNoMore(command: Command, word: string): void {
  if (word.startsWith('-')) return;
  throw usageError(`help: expected a command, got ${word} after ${command.name()}, which has no commands.`);
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };
  return manifest.version;
}
