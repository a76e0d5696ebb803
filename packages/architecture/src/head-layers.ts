import type { Head, HiddenLayer } from './architecture.js';

/** A linear layer of a head: features · weight + bias, then its activation. */
export interface HeadLayer {
  /** `hidden0`, `hidden1`, …, and `linear`, the last: what follows the head's path in names of its variables. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: HiddenLayer['activation'];
}

/**
 * The linear layers of a head in order: the hidden ones, then the one that gives the logits.
 *
 * @example
 * ```ts
 * import { headLayers } from '@dmnn/architecture';
 *
 * const hidden = [{ features: 64, activation: 'relu' }] as const;
 * const layers = headLayers({ units: [], inFeatures: 512, hidden, classes: 10 });
 * console.log(layers.map(({ name, inputs, outputs }) => `${name}: ${inputs} to ${outputs}`).join(', ')); // => hidden0: 512 to 64, linear: 64 to 10
 * ```
 */
export function headLayers({ inFeatures, hidden = [], classes }: Head): HeadLayer[] {
  let inputs = inFeatures;
  const before = hidden.map(({ features, activation }, h): HeadLayer => {
    const layer = { name: `hidden${h}`, inputs, outputs: features, activation };
    inputs = features;
    return layer;
  });
  return [...before, { name: 'linear', inputs, outputs: classes, activation: 'none' }];
}
