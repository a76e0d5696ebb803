import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { assertFileFits } from '../../options/output-folders.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { usageError } from '../../terminal/usage-error.js';
import { assertStatics } from './static-systems.js';

/** What an evaluation compares with, and what it writes. */
interface EvaluationFiles {
  readonly against?: readonly string[] | undefined;
  readonly log?: string | undefined;
  readonly save?: string | undefined;
}

/**
 * Refuses, before any network runs, what could not be compared with or written afterwards; says which log goes.
 *
 * @throws DmnnError `DMNN_USAGE`, FileError naming the option
 */
export async function assertFilesOfEvaluation(
  { against, log, save }: EvaluationFiles,
  io: Pick<CommandIo, 'err'>,
): Promise<void> {
  if (against) await assertStatics(against);
  if (log === undefined) return;
  if (save !== undefined && resolve(log) === resolve(save))
    throw usageError(`--log: expected a file, got ${log}, which --save makes a folder. Choose another name.`);
  await assertFileFits('--log', log);
  const there = await stat(log).catch(() => undefined);
  if (there?.isFile() === true) io.err(`--log: ${log} is there, and is overwritten when all images are done`);
}
