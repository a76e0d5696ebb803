/** A network that cannot classify images: it takes no colours, or its logits are not finite. */
export class ClassificationError extends Error {
  override readonly name = 'ClassificationError';
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_CLASSIFICATION';
}
