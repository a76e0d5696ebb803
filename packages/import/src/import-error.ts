import { DmnnError, problemLines } from '@dmnn/foundation';
/**
 * Tensors do not match an architecture. The message lists differences to 20 lines and counts the others; `problems` has all.
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
  /** One line per difference: our name, the expected tensor, the actual one. */
  readonly problems: readonly string[];
  /** Likely explanations, and remedies. */
  readonly hints: readonly string[];

  constructor(what: string, problems: readonly string[], hints: readonly string[] = []) {
    super('DMNN_IMPORT', [what, ...problemLines(problems), ...hints]);
    this.problems = problems;
    this.hints = hints;
  }
}
