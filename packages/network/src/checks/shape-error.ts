/** A tensor of the wrong shape, or a list of the wrong length. The message names the argument, what was expected and what came. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly code = 'DMNN_SHAPE';
  /** Which argument. */
  readonly argument: string;
  /** What it should have been, in words. */
  readonly expected: string;
  /** The shape that came. */
  readonly got: readonly number[];

  constructor(argument: string, expected: string, got: readonly number[], remedy: string) {
    super(`${argument}: expected ${expected}, got [${got.join(', ')}]. ${remedy}`);
    this.argument = argument;
    this.expected = expected;
    this.got = got;
  }
}
