import { DmnnError } from '@dmnn/foundation';
/**
 * A model folder cannot be read or written: there is none, something is in the way, or its files are not those that were
 * written.
 *
 * @example
 * ```ts
 * import { ModelFolderError } from '@dmnn/runs';
 *
 * const error = new ModelFolderError('models/mine', ['weights.safetensors: missing'], 'Import it again.');
 * console.log(error.code, error.problems.length); // => DMNN_MODEL_FOLDER 1
 * ```
 */
export class ModelFolderError extends DmnnError<'DMNN_MODEL_FOLDER'> {
  override readonly name = 'ModelFolderError';
  /** The folder. */
  readonly folder: string;
  /** All that is wrong with it, one line each: what was expected, what came. */
  readonly problems: readonly string[];

  constructor(
    folder: string,
    problems: readonly string[],
    remedy: string,
    options?: { readonly cause?: unknown },
  ) {
    const message =
      problems.length === 1
        ? `${folder}: ${problems.join('')}. ${remedy}`
        : [`${folder}:`, ...problems.map((problem) => `  ${problem}`), remedy];
    super('DMNN_MODEL_FOLDER', message, options);
    this.folder = folder;
    this.problems = problems;
  }
}
