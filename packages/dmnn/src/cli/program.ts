import { createRequire } from 'node:module';
import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import type { CommandIo } from './terminal/command-io.js';
import { type ExitCode, DONE, WRONG_USE } from './terminal/exit-code.js';
import { addBackend } from './commands/backend.js';
import { addBench } from './commands/bench.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addEval } from './commands/eval.js';
import { addExport } from './commands/export.js';
import { addExplain } from './commands/explain.js';
import { addImport } from './commands/import.js';
import { addModels } from './commands/models.js';
import { addPredict } from './commands/predict.js';
import { addReport } from './commands/report.js';
import { addReproduce } from './commands/reproduce.js';
import { addSummary } from './commands/summary.js';
import { addTables } from './commands/tables.js';
import { addTrain } from './commands/train.js';

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
