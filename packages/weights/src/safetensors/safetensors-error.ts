import { printable, DmnnError } from '@dmnn/foundation';

/** Which rule of the format a file breaks. */
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

/** Bytes that are not a safetensors file, or tensors that cannot be one. The message names the tensor and the rule. */
export class SafetensorsError extends DmnnError<'DMNN_SAFETENSORS'> {
  override readonly name = 'SafetensorsError';
  /** Which rule is broken. */
  readonly fault: SafetensorsFault;

  constructor(fault: SafetensorsFault, message: string) {
    super('DMNN_SAFETENSORS', `safetensors: ${printable(message)}`); // parts of it were written by the file
    this.fault = fault;
  }
}
