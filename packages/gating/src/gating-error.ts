/**
 * A tensor, a list of keys or a pattern that does not have the shape which a gate needs.
 *
 * The message names the argument, what was expected, what came and what to do about it.
 */
export class GatingError extends Error {
  override readonly name = 'GatingError';
  readonly code = 'DMNN_GATING';

  constructor(argument: string, expected: string, got: string, remedy: string) {
    super(`${argument}: expected ${expected}, got ${got}. ${remedy}`);
  }
}
