import { DmnnError } from '@dmnn/foundation';
/**
 * A checkpoint cannot be used: cut short, changed on disk, or of another run.
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

  constructor(path: string, problems: readonly string[], remedy = 'Use another checkpoint, or train again.') {
    super(
      'DMNN_CHECKPOINT',
      `${path}: expected an intact checkpoint of this run, got:\n  ${problems.join('\n  ')}\n${remedy}`,
    );
    this.path = path;
    this.problems = problems;
  }
}
