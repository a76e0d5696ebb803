import type { CommandIo } from './terminal/command-io.js';
import { type ExitCode } from './terminal/exit-code.js';
import { processIo } from './terminal/process-io.js';
import { runProgram } from './program.js';
import { reportError } from './terminal/report-error.js';

/**
 * Runs the command line.
 *
 * @param argv - what follows `dmnn`
 * @param io - the outside world; this process by default
 * @returns 0 done, 1 failed, 2 wrong use, 130 interrupted
 */
export async function main(argv: readonly string[], io: CommandIo = processIo()): Promise<ExitCode> {
  try {
    return await runProgram(argv, io);
  } catch (error) {
    return reportError(error, argv.includes('--json'), io);
  }
}
