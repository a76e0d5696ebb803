import { DmnnError, isDmnnError } from '@dmnn/foundation';
import { systemCode } from '@dmnn/foundation/node';

/** The step in which a build failed. */
export type BuildStep =
  | 'prepare'
  | 'lock'
  | 'fetch-package'
  | 'fetch-tensorflow'
  | 'fetch-onednn'
  | 'unpack'
  | 'compile'
  | 'check'
  | 'publish'
  | 'remove';

/** A native build could not be made, or removed. The message names the step, the missing tool and the remedy. */
export class BuildError extends DmnnError<'DMNN_BUILD'> {
  override readonly name = 'BuildError';
  /** The step that failed. Earlier steps are kept: a second call resumes here. */
  readonly step: BuildStep;
  /** The missing program, if that is the cause. */
  readonly tool: string | undefined;
  /** What went wrong, without the step and the remedy. */
  readonly problem: string;
  /** How to fix it. */
  readonly remedy: string;

  constructor(
    step: BuildStep,
    problem: string,
    remedy: string,
    options: { tool?: string; cause?: unknown } = {},
  ) {
    // the output of programs has several lines
    const lines = `native build, step ${step}: ${problem} ${remedy}`.split('\n');
    super('DMNN_BUILD', lines, { cause: options.cause });
    this.step = step;
    this.tool = options.tool;
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** Names the step in which the system refused something: a full disk, a folder that belongs to somebody else. */
export function asBuildError(error: unknown, step: BuildStep): unknown {
  const code = systemCode(error);
  if (isDmnnError(error) || code === undefined) return error;
  const { path, message } = error as NodeJS.ErrnoException;
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
  return new BuildError(
    step,
    `${path ?? message}: ${isFull ? 'the disk is full' : 'the system refuses'} (${code}).`,
    isFull
      ? 'Make room, or set XDG_CACHE_HOME to a folder on another disk, and run the command again: it goes on from here.'
      : 'Set XDG_CACHE_HOME to a folder that can be read and written, and run the command again.',
    { cause: error },
  );
}
