import { DmnnError } from '@dmnn/foundation';
/**
 * Tensors that are not an architecture's. Lists every difference, not the first one only.
 *
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { ImportError, importWeights } from '@dmnn/import';
 *
 * try {
 *   importWeights(createArchitecture('resnet18'), new Map());
 * } catch (error) {
 *   if (!(error instanceof ImportError)) throw error;
 *   console.log(error.code, error.problems[0]);
 *   // => DMNN_IMPORT stem.unit0.weight: expected conv1.weight, F32 [64, 3, 7, 7], got nothing
 * }
 * ```
 */
export class ImportError extends DmnnError<'DMNN_IMPORT'> {
  override readonly name = 'ImportError';
  /** One line each: our name, what was expected of theirs, what came. */
  readonly problems: readonly string[];
  /** What these differences probably mean, and what to do. */
  readonly hints: readonly string[];

  constructor(what: string, problems: readonly string[], hints: readonly string[] = []) {
    super('DMNN_IMPORT', [what, ...problems.map((problem) => `  - ${problem}`), ...hints].join('\n'));
    this.problems = problems;
    this.hints = hints;
  }
}
