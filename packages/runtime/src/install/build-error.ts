import { DmnnError } from '@dmnn/foundation';
/** What {@link installNativeBackend} was doing when it failed. */
export type BuildStep =
  | 'prepare'
  | 'lock'
  | 'fetch-package'
  | 'fetch-tensorflow'
  | 'unpack'
  | 'compile'
  | 'check'
  | 'publish'
  | 'remove';

/** The native backend could not be built. The message names the step, the tool that is missing and the remedy. */
export class BuildError extends DmnnError<'DMNN_BUILD'> {
  override readonly name = 'BuildError';
  /** The step that failed. Everything before it is kept: a second call continues there. */
  readonly step: BuildStep;
  /** The program that is missing, where that is the cause. */
  readonly tool: string | undefined;
  /** What to do about it. */
  readonly remedy: string;

  constructor(
    step: BuildStep,
    problem: string,
    remedy: string,
    options: { tool?: string; cause?: unknown } = {},
  ) {
    super('DMNN_BUILD', `native backend, step ${step}: ${problem} ${remedy}`, { cause: options.cause });
    this.step = step;
    this.tool = options.tool;
    this.remedy = remedy;
  }
}
