import type { CommandIo } from './terminal/command-io.js';
import { type ExitCode } from './terminal/exit-code.js';
import { processIo, jsonIo, safeIo } from './terminal/process-io.js';
import { runProgram } from './program.js';
import { reportError } from './terminal/report-error.js';

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
