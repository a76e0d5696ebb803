import { classificationLoss, distillationLoss } from '@dmnn/losses';
import type { ForwardPass } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';

/** How the exits of a network are trained. */
export interface ExitTraining {
  /** `[e]`: weight of the loss of exit e. */
  readonly weights: readonly number[];
  /** What the head teaches; null if exits learn from labels alone. */
  readonly distillation: { readonly temperature: number; readonly weight: number } | null;
}

/**
 * Σ_e w_e · (cross entropy of exit e + what the head teaches it). A teacher has no gradient of what it teaches.
 *
 * @see BranchyNet (Teerapittayanon et al. 2016, arXiv 1709.01686) §III; Zhang et al. 2019 (arXiv 1905.08094) §3.1
 */
export function exitLoss(
  { logits, exitLogits }: Pick<ForwardPass, 'logits' | 'exitLogits'>,
  labels: Int32Array,
  { weights, distillation }: ExitTraining,
  labelSmoothing: number,
): tf.Scalar {
  const losses = exitLogits.map((own, e) => {
    const fromLabels = classificationLoss(own, labels, { labelSmoothing });
    const loss =
      distillation === null
        ? fromLabels
        : tf.add(fromLabels, tf.mul(distillationLoss(own, logits, distillation), distillation.weight));
    return tf.mul<tf.Scalar>(loss, weights[e] as number);
  });
  return tf.addN<tf.Scalar>(losses);
}
