import { DmnnError, printable } from '@dmnn/foundation';

/** The rule of the format that a file breaks. */
export type SafetensorsFault =
  | 'too-short'
  | 'header-size'
  | 'tensor-count'
  | 'header-text'
  | 'header-json'
  | 'duplicate-key'
  | 'metadata'
  | 'tensor-entry'
  | 'dtype'
  | 'shape'
  | 'offsets'
  | 'overlap'
  | 'hole'
  | 'truncated'
  | 'trailing-bytes'
  | 'not-writable'
  | 'index';

/**
 * Thrown for bytes that are not a safetensors file, or tensors that cannot be written. The message names the tensor and
 * the rule.
 */
export class SafetensorsError extends DmnnError<'DMNN_SAFETENSORS'> {
  override readonly name = 'SafetensorsError';
  /** The broken rule. */
  readonly fault: SafetensorsFault;
  /** The file, if it is known: one of several shards, or one that was read from a disk. */
  readonly file: string | undefined;
  readonly #problem: string;

  constructor(fault: SafetensorsFault, message: string, file?: string) {
    const where = file === undefined ? 'safetensors' : printable(file, Infinity);
    super('DMNN_SAFETENSORS', `${where}: ${printable(message, Infinity)}`); // parts of it come from the file, cut where they are long
    this.fault = fault;
    this.file = file;
    this.#problem = message;
  }

  /** The same error with the name of the file in its message. */
  inFile(file: string): SafetensorsError {
    return new SafetensorsError(this.fault, this.#problem, file);
  }
}
