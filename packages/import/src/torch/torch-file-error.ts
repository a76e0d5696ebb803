import { DmnnError } from '@dmnn/foundation';

/** What is wrong with a file of `torch.save`. */
export type TorchFileFault =
  | 'archive'
  | 'byte-order'
  | 'checksum'
  | 'contents'
  | 'element-type'
  | 'global'
  | 'module'
  | 'pickle'
  | 'size'
  | 'storage'
  | 'tensor'
  | 'torchscript'
  | 'truncated';

/**
 * Thrown for a file of `torch.save` that is damaged, or has more in it than tensors: code, a whole module, TorchScript.
 * Nothing in the file was executed.
 */
export class TorchFileError extends DmnnError<'DMNN_TORCH_FILE'> {
  override readonly name = 'TorchFileError';
  readonly fault: TorchFileFault;
  /** What to do instead; each on a line of its own in the message. */
  readonly hints: readonly string[];

  /** @param what - `data/0: expected 64 bytes, got 60` */
  constructor(fault: TorchFileFault, what: string, hints: readonly string[] = []) {
    super('DMNN_TORCH_FILE', [`torch file: ${what}`, ...hints]);
    this.fault = fault;
    this.hints = hints;
  }
}
