import { createRequire } from 'node:module';
import { Command } from 'commander';
import { commandList } from './command-list.js';
import type { CommandContext } from './terminal/define-command.js';
import type { CommandIo } from './terminal/command-io.js';
import { type ExitCode, DONE, WRONG_USE } from './terminal/exit-code.js';

/**
 * Reads the arguments and runs the command they name.
 *
 * @throws CommanderError, DmnnError `DMNN_USAGE` and whatever the command throws
 */
export async function runProgram(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  let exitCode: ExitCode = DONE;
  const context: CommandContext = {
    io,
    finish: async (code) => {
      exitCode = await code;
    },
  };
  const program = new Command('dmnn')
    .description(
      'Dynamic inference for convolutional networks: train, evaluate and analyse networks of gated sub-blocks.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
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
  program.hook('preSubcommand', async (_, command) => {
    const listed = commandList.find(({ name }) => name === command.name());
    if (listed) (await listed.load())(command, context);
  });
  if (argv.length === 0) {
    io.err(program.helpInformation().trimEnd());
    return WRONG_USE;
  }
  // `dmnn help train` must load the command first, as `dmnn train --help` does
  const [first, ...others] = argv;
  const words = first === 'help' && others.length > 0 ? [...others, '--help'] : argv;
  await program.parseAsync(words, { from: 'user' });
  return exitCode;
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };
  return manifest.version;
}
