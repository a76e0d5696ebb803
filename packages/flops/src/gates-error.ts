/** Gates that do not fit a table: too few or too many of them, or a value that no gate or rate has. */
export class GatesError extends Error {
  override readonly name = 'GatesError';
  readonly code = 'DMNN_GATES';

  /** @param where - which part of the argument: `gates[3]: sub-blocks n of block l = 3` */
  constructor(where: string, expected: string, got: string, remedy: string) {
    super(`${where}: expected ${expected}, got ${got}. ${remedy}`);
  }
}
