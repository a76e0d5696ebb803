import { DmnnError } from '@dmnn/foundation';
/** The step in which {@link installNativeBackend} failed. */
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

/** The native backend could not be built. The message names the step, the missing tool and the remedy. */
export class BuildError extends DmnnError<'DMNN_BUILD'> {
  override readonly name = 'BuildError';
  /** The step that failed. Earlier steps are kept: a second call resumes here. */
  readonly step: BuildStep;
  /** The missing program, if that is the cause. */
  readonly tool: string | undefined;
  /** How to fix it. */
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
