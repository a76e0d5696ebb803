import { assertRecord, closestName, kindOf } from '@dmnn/foundation';
import type { LayersModelLike } from '@dmnn/flops/layers-model';
import type * as tf from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layersError } from './layers-error.js';

/**
 * Refuses what is no object of options, and options that nothing reads, with the nearest that is.
 *
 * @param known - names of the options
 * @throws TypeError
 */
export function assertOptions(options: unknown, known: readonly string[]): void {
  assertRecord('options', options, `an object with ${known.join(', ')}`);
  const other = Object.keys(options).find((key) => !known.includes(key) && !ofEveryLayer.includes(key));
  if (other === undefined) return;
  const near = closestName(other, known);
  throw new TypeError(
    `options: expected ${known.join(', ')}, got ${other}.${near === undefined ? ' Leave it out.' : ` Did you mean ${near}?`}`,
  );
}

/** Refuses what is no model. @throws TypeError */
export function assertModel(model: LayersModelLike): void {
  const { inputs, outputs } =
    (model as LayersModelLike | null | undefined) ?? ({} as Partial<LayersModelLike>);
  if (Array.isArray(inputs) && Array.isArray(outputs)) return;
  throw new TypeError(
    `model: expected a built tf.LayersModel with inputs and outputs, got ${kindOf(model)}. Give the first layer of a tf.sequential an inputShape, or call build.`,
  );
}

/** Options that TensorFlow.js gives every layer. */
const ofEveryLayer: readonly string[] = ['inputShape', 'batchInputShape', 'batchSize', 'dtype', 'trainable'];

/** What a layer may be applied to. */
type Applied = tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[];

/** Refuses what are no tensors, which TensorFlow.js reads the shape of. @throws DmnnError `DMNN_LAYERS` */
export function assertTensors(name: string, inputs: Applied, expected: string, remedy: string): void {
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  const other = list.find((each) => !Array.isArray((each as { shape?: unknown } | null | undefined)?.shape));
  if (list.length > 0 && other === undefined) return;
  throw layersError(`inputs of ${name}`, expected, list.length === 0 ? 'none' : kindOf(other), remedy);
}

/** Refuses a list of several tensors for a layer that has one input. @throws DmnnError `DMNN_LAYERS` */
export function assertOneInput(name: string, inputs: Applied): void {
  assertTensors(name, inputs, 'one tensor', 'Write layer.apply(tensor).');
  if (!Array.isArray(inputs) || inputs.length === 1) return;
  throw layersError(
    `inputs of ${name}`,
    'one tensor',
    `${inputs.length} of them`,
    'Write layer.apply(tensor).',
  );
}
