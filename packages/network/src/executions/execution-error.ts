/** A forward pass that cannot be run as asked: the message names the option, what was expected, what came and a remedy. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
  readonly code = 'DMNN_EXECUTION';

  constructor(what: string, expected: string, got: string, remedy: string) {
    super(`${what}: expected ${expected}, got ${got}. ${remedy}`);
  }
}
