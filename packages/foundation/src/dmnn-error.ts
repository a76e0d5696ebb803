import { printable } from './printable.js';

/** Optional fields of a {@link DmnnError}. */
export interface DmnnErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Facts for programs, such as `suggestions`: plain data, since the command line prints them with `--json`. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The class of all errors that these packages throw on purpose, except a `RangeError` or `TypeError` for an invalid
 * argument.
 *
 * The kind of error is its `code`, which is stable and begins with `DMNN_`. Kinds whose fields callers use have
 * a subclass, such as `DataError`. The message reads "name: expected X, got Y. remedy", as printable
 * text: names of files, classes and tensors in it come from elsewhere, and a terminal might interpret what they hold. It is
 * one line, so that no line end in a name begins one; a list of problems is passed as lines.
 *
 * @example
 * ```ts
 * import { DmnnError } from '@dmnn/foundation';
 *
 * const error = new DmnnError('DMNN_SHAPE', 'images: expected [B, H, W, 3], got [8, 32, 32]. Add the channels.');
 * console.log(error.code, error instanceof Error); // => DMNN_SHAPE true
 * ```
 */
export class DmnnError<Code extends string = string> extends Error {
  override readonly name: string = 'DmnnError';
  /** The kind of error, `DMNN_…`: the same in every version and in every copy of a package. */
  readonly code: Code;
  /** Facts for programs, such as `suggestions`; empty for kinds without details or with separate fields. */
  readonly details: Readonly<Record<string, unknown>>;

  /** @param message - one line, or several */
  constructor(code: Code, message: string | readonly string[], options: DmnnErrorOptions = {}) {
    super(
      [message]
        .flat()
        .map((line) => printable(line, Infinity))
        .join('\n'),
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.details = options.details ?? {};
  }
}

/**
 * Whether an error comes from these packages, judged by its code: `instanceof` fails between two copies of a package,
 * and for errors sent by another thread or process.
 *
 * @param code - the kind to check for; any kind if omitted
 * @example
 * ```ts
 * import { DmnnError, isDmnnError } from '@dmnn/foundation';
 *
 * const error: unknown = new DmnnError('DMNN_BACKEND', 'backend: expected native, wasm or cpu, got gpu.');
 * console.log(isDmnnError(error), isDmnnError(error, 'DMNN_DATA')); // => true false
 * ```
 */
export function isDmnnError<Code extends string = string>(
  error: unknown,
  code?: Code,
): error is DmnnError<Code> {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false;
  return code === undefined ? error.code.startsWith('DMNN_') : error.code === code;
}
