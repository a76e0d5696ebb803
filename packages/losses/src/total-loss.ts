import { assertRecord, assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';

/** The terms of Eq. 16. */
export interface LossTerms {
  /** {@link classificationLoss}. */
  readonly classification: tf.Scalar;
  /** {@link weightedCategoryLoss}; omit it if there are no category heads. */
  readonly category?: tf.Scalar | undefined;
  /** An unweighted loss on resources: {@link resourceLoss}'s total, another loss, or a sum of several. */
  readonly resource?: tf.Scalar | undefined;
  /** λ, finite, ≥ 0. @defaultValue 2 */
  readonly resourceWeight?: number | undefined;
}

/** The weighted terms of the total. The caller disposes all four. */
export interface TotalLoss {
  readonly classification: tf.Scalar;
  /** 0 if there was none. */
  readonly category: tf.Scalar;
  /** λ times the given loss; 0 if there was none. */
  readonly resource: tf.Scalar;
  /** The sum of the other three, the quantity to minimise. */
  readonly total: tf.Scalar;
}

/**
 * L = L_cls + L_category + λ · L_resource, with every term reported after weighting.
 *
 * The paper does not give λ; 2 is ConvNet-AIG's upper value (dynconv uses 10).
 *
 * @throws RangeError if the weight is not finite and ≥ 0.
 * @see DMNN §3.3 Eq. 16.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { totalLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const { resource, total } = totalLoss({
 *   classification: tf.scalar(1.5),
 *   category: tf.scalar(0.25),
 *   resource: tf.scalar(0.125),
 *   resourceWeight: 2,
 * });
 * console.log(resource.dataSync()[0], total.dataSync()[0]); // => 0.25 2
 * ```
 */
export function totalLoss(terms: LossTerms): TotalLoss {
  assertRecord('terms', terms, 'an object with classification');
  const { resourceWeight = 2 } = terms;
  assertTensor('classification', terms.classification, 'a scalar tensor');
  if (terms.category !== undefined) assertTensor('category', terms.category, 'a scalar tensor');
  if (terms.resource !== undefined) assertTensor('resource', terms.resource, 'a scalar tensor');
  if (!(resourceWeight >= 0 && resourceWeight < Infinity)) {
    throw new RangeError(`resourceWeight: expected a finite number >= 0, got ${resourceWeight}`);
  }
  return tf.tidy(() => {
    const classification = tf.clone(terms.classification); // the caller may dispose the result without its arguments
    const category = terms.category ? tf.clone(terms.category) : tf.scalar(0);
    const resource = terms.resource ? tf.mul<tf.Scalar>(terms.resource, resourceWeight) : tf.scalar(0);
    const total = tf.addN<tf.Scalar>([classification, category, resource]);
    return { classification, category, resource, total };
  });
}
