/** A network gave logits that are not finite numbers: neither error nor cost would mean anything. */
export class EvaluationError extends Error {
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_NAN';
  /** First image of the batch in which it was seen. */
  readonly firstImage: number;

  constructor(networkName: string, firstImage: number, images: number) {
    super(
      `${networkName}, images ${firstImage} to ${firstImage + images - 1}: expected finite logits, got NaN or infinity. Look for NaN in the weights, or use an earlier checkpoint.`,
    );
    this.name = 'EvaluationError';
    this.firstImage = firstImage;
  }
}
