import { printable, DmnnError } from '@dmnn/foundation';

/** The rule of the format that a file breaks. */
export type SafetensorsFault =
  | 'too-short'
  | 'header-size'
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
  | 'not-writable';

/**
 * Thrown for bytes that are not a safetensors file, or tensors that cannot be written. The message names the tensor and
 * the rule.
 */
export class SafetensorsError extends DmnnError<'DMNN_SAFETENSORS'> {
  override readonly name = 'SafetensorsError';
  /** The broken rule. */
  readonly fault: SafetensorsFault;

  constructor(fault: SafetensorsFault, message: string) {
    super('DMNN_SAFETENSORS', `safetensors: ${printable(message)}`); // parts of the message come from the file
    this.fault = fault;
  }
}
