import { LONGEST_LIST, isDmnnError } from '@dmnn/foundation';
import { fileError } from '@dmnn/foundation/node';
import { CommanderError } from 'commander';
import type { CommandIo } from './command-io.js';
import { type ExitCode, DONE, FAILED, WRONG_USE } from './exit-code.js';

/** Codes of errors in the request rather than in the work: they end a command with {@link WRONG_USE}. */
const wrongUseCodes: readonly string[] = [
  'DMNN_USAGE',
  'DMNN_UNKNOWN_MODEL',
  'DMNN_UNKNOWN_RECIPE',
  'DMNN_UNKNOWN_ROW',
  'DMNN_UNSUPPORTED_ROW',
  'DMNN_UNKNOWN_DATASET',
  'DMNN_UNKNOWN_CLASS',
  'DMNN_RECIPE',
  'DMNN_SUBDIVIDE',
  'DMNN_NAME_MAP',
  'DMNN_CASCADE',
];

/**
 * Prints an error and returns the exit code of the command.
 *
 * @param error - the thrown value
 * @param json - whether to print the error as `{error: {code, message, …}}`
 */
export function reportError(error: unknown, json: boolean, io: CommandIo): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return DONE; // help and version are printed by then
  const { code, message, ...details } = errorFields(error);
  if (json) io.err(JSON.stringify({ error: { code, message, ...details } }));
  else io.err(code === UNEXPECTED ? unexpectedText(error) : `dmnn: ${message}`);
  return wrongUseCodes.includes(code) ? WRONG_USE : FAILED;
}

const UNEXPECTED = 'DMNN_UNEXPECTED';

/** The printed fields of an error. */
export interface ErrorFields {
  readonly code: string;
  readonly message: string;
}

/** Code, message and details of a thrown value. */
export function errorFields(thrown: unknown): ErrorFields {
  const error = withRemedy(thrown);
  if (error instanceof CommanderError) {
    // commander puts the near name into the message
    return { code: 'DMNN_USAGE', message: error.message.replace(/^error: /, '').replace(/\n/g, ' ') };
  }
  if (!(error instanceof Error)) return { code: UNEXPECTED, message: String(error) };
  if (isDmnnError(error))
    return { ...shortened(error.details), ...plainFields(error), code: error.code, message: error.message };
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' ? code : isArgumentError(error) ? 'DMNN_USAGE' : UNEXPECTED;
  return { ...plainFields(error), code: known, message: error.message };
}

/** A failed system call that no part of a command has made an error of its own says what to do, too. */
function withRemedy(thrown: unknown): unknown {
  if (!(thrown instanceof Error && 'syscall' in thrown)) return thrown;
  const { path, syscall } = thrown as { path?: unknown; syscall: unknown };
  if (syscall === 'uv_cwd') return fileError(thrown, { ...currentFolder, path: '.' });
  if (typeof path !== 'string' || typeof syscall !== 'string' || !fileCalls.test(syscall)) return thrown;
  return fileError(thrown, { path, to: readingCalls.test(syscall) ? 'read' : 'write' });
}

const currentFolder = {
  to: 'read',
  name: 'current folder',
  expected: 'one that is there',
  remedy: 'It was removed: change to another one.',
} as const;
const readingCalls = /^(?:open|read|readlink|realpath|scandir|stat|lstat|fstat|access)$/;
const fileCalls = new RegExp(
  `${readingCalls.source}|^(?:write|mkdir|mkdtemp|rename|unlink|rmdir|rm|fsync|ftruncate|copyfile|link|symlink|chmod)$`,
);

/** Extra fields of an error, such as the path of a failed system call; lists of problems no longer than messages have. */
function plainFields(error: Error): Record<string, unknown> {
  const fields = Object.entries(error).filter(([field]) => !['name', 'stack', 'details'].includes(field));
  return shortened(Object.fromEntries(fields));
}

function shortened(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { problems } = fields;
  if (!Array.isArray(problems) || problems.length <= LONGEST_LIST) return fields;
  return { ...fields, problems: problems.slice(0, LONGEST_LIST), problemCount: problems.length };
}

/** Simple argument errors of all our packages read `name: expected …`; JavaScript's own do not. */
function isArgumentError(error: Error): boolean {
  return (
    (error instanceof RangeError || error instanceof TypeError) && /^[\w.]+: expected /.test(error.message)
  );
}

/** An unexpected error is printed with its stack. */
function unexpectedText(error: unknown): string {
  return `dmnn: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
