import { createRequire } from 'node:module';
import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import type { CommandIo } from './command-io.js';
import { type ExitCode, DONE, WRONG_USE } from './exit-code.js';
import { addBackend } from './backend.js';
import { addBench } from './bench.js';
import { addDemo } from './demo.js';
import { addDoctor } from './doctor.js';
import { addEval } from './eval.js';
import { addExport } from './export.js';
import { addExplain } from './explain.js';
import { addImport } from './import.js';
import { addModels } from './models.js';
import { addPredict } from './predict.js';
import { addReport } from './report.js';
import { addReproduce } from './reproduce.js';
import { addSummary } from './summary.js';
import { addTables } from './tables.js';
import { addTrain } from './train.js';

/**
 * Reads the arguments and runs the command they name.
 *
 * @throws CommanderError, UsageError and whatever the command throws
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
      'Dynamic inference for convolutional networks: train, evaluate and count networks of gated sub-blocks.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
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
  const commands = [
    ...[addModels, addSummary, addTables, addReproduce],
    ...[addTrain, addEval, addImport, addReport, addPredict, addExplain, addExport],
    ...[addBench, addDoctor, addBackend, addDemo],
  ];
  for (const add of commands) add(program, context);
  if (argv.length === 0) {
    io.err(program.helpInformation().trimEnd());
    return WRONG_USE;
  }
  await program.parseAsync(argv, { from: 'user' });
  return exitCode;
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };
  return manifest.version;
}
