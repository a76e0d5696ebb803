import { DmnnError } from '@dmnn/foundation';
/**
 * A checkpoint cannot be used: cut short, changed on disk, of another run, or written by a newer version.
 *
 * @example
 * ```ts
 * import { CheckpointError } from '@dmnn/runs';
 *
 * const error = new CheckpointError('run/checkpoints/step-00000010', ['weights.safetensors: expected 10 bytes, got 9']);
 * console.log(error.code, error.problems.length); // => DMNN_CHECKPOINT 1
 * ```
 */
export class CheckpointError extends DmnnError<'DMNN_CHECKPOINT'> {
  override readonly name = 'CheckpointError';
  /** The checkpoint's folder. */
  readonly path: string;
  /** All that is wrong with it, one line each. */
  readonly problems: readonly string[];
  /** Whether a newer version wrote it: it is not damaged, and stays as it is. */
  readonly isNewer: boolean;

  constructor(
    path: string,
    problems: readonly string[],
    remedy = 'Use another checkpoint, or train again.',
    options: { readonly isNewer?: boolean | undefined } = {},
  ) {
    super('DMNN_CHECKPOINT', [
      `${path}: expected an intact checkpoint of this run, got:`,
      ...problems.map((problem) => `  ${problem}`),
      remedy,
    ]);
    this.path = path;
    this.problems = problems;
    this.isNewer = options.isNewer ?? false;
  }
}

/** A checkpoint of a newer version. @param file - the one of its files that says so */
export function newerCheckpointError(path: string, file: string, format: number): CheckpointError {
  return new CheckpointError(
    path,
    [`${file}: expected format 1, got ${format}, written by a newer version of dmnn`],
    'Use that version, or another folder. Nothing was changed.',
    { isNewer: true },
  );
}
