import { DmnnError } from '@dmnn/foundation';

/**
 * A network gave logits that are not finite numbers: neither error nor cost would mean anything.
 *
 * @param firstImage - of the batch in which it was seen
 */
export function evaluationError(networkName: string, firstImage: number, images: number): DmnnError {
  return new DmnnError(
    'DMNN_NAN',
    `${networkName}, images ${firstImage} to ${firstImage + images - 1}: expected finite logits, got NaN or infinity. Look for NaN in the weights, or use an earlier checkpoint.`,
    { details: { firstImage } },
  );
}
