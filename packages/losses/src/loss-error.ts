/**
 * A tensor, a label or a cost table that does not fit a loss.
 *
 * The message names the argument, what was expected, what came and what to do about it.
 */
export class LossError extends Error {
  override readonly name = 'LossError';
  readonly code = 'DMNN_LOSS';

  constructor(argument: string, expected: string, got: string, remedy: string) {
    super(`${argument}: expected ${expected}, got ${got}. ${remedy}`);
  }
}
