import type { Architecture } from '@dmnn/architecture';
import { DmnnError } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import type { Execution } from './executions/execution.js';
import { executionError } from './executions/execution-error.js';
import { shapeError } from './checks/shape-error.js';
import type { Statistics } from './layers/statistics.js';

/**
 * Detects the two set-ups in which TensorFlow.js fails far from the cause.
 *
 * @throws DmnnError `DMNN_TENSOR_LIBRARY` if the tensor comes from another copy of tfjs-core, or if a tape is on and no gradients
 *   are registered
 */
export function assertTensorLibrary(tensor: tf.Tensor): void {
  // instanceof cannot distinguish them: tfjs makes it duck-typed
  const prototype: unknown = Object.getPrototypeOf(tensor);
  if (prototype !== tf.Tensor.prototype && prototype !== tf.Variable.prototype) {
    throw new DmnnError(
      'DMNN_TENSOR_LIBRARY',
      'images: expected a tensor of the @tensorflow/tfjs-core that @dmnn/network uses, got one of another copy. ' +
        'Find both with `npm ls @tensorflow/tfjs-core`, and install one version of it for all packages.',
    );
  }
  const gradient = tf.getGradient('Conv2D') as tf.GradConfig | undefined;
  if (tf.engine().isTapeOn() && gradient === undefined) {
    throw new DmnnError(
      'DMNN_TENSOR_LIBRARY',
      "gradients: expected those of Conv2D to be registered, got none. Import '@tensorflow/tfjs' once, where the " +
        "application starts: '@tensorflow/tfjs-core' alone has no gradients.",
    );
  }
}

/** @throws DmnnError `DMNN_SHAPE` unless there is at least one image, `[B, H, W, inChannels]`. */
export function assertImageShape(images: tf.Tensor4D, inChannels: number): void {
  const [count = 0, , , channels] = images.shape as readonly (number | undefined)[];
  if (images.rank === 4 && channels === inChannels && count > 0) return;
  throw shapeError(
    'images',
    `[B, H, W, ${inChannels}]`,
    images.shape,
    'Give at least one image, channels last.',
  );
}

/** @throws DmnnError `DMNN_SHAPE` unless there is one key for each image. */
export function assertSampleKeys(sampleKeys: readonly number[], images: tf.Tensor4D): void {
  if (sampleKeys.length === images.shape[0]) return;
  throw shapeError(
    'sampleKeys',
    `[${images.shape[0]}], one key for each image`,
    [sampleKeys.length],
    'Give the keys of exactly these images, in their order.',
  );
}

/** @throws RangeError if an option is not one of its allowed values. */
export function assertWords(statistics: string, exitStatistics: string, execution: string): void {
  for (const [name, word] of Object.entries({ statistics, exitStatistics }))
    assertWord(name, word, ['batch', 'moving']);
  assertWord('execution', execution, ['masked', 'skipping']);
}

function assertWord(name: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return;
  throw new RangeError(`${name}: expected ${words.map((each) => `'${each}'`).join(' or ')}, got ${word}`);
}

/** @throws DmnnError `DMNN_EXECUTION` if `skipping` is combined with statistics of the batch. */
export function assertSkippable(execution: Execution, statistics: Statistics): void {
  if (execution !== 'skipping' || statistics === 'moving') return;
  throw executionError(
    'statistics',
    `'moving' with execution: 'skipping'`,
    `'${statistics}'`,
    `The images that happen to be open are not a batch to take statistics of: train with execution: 'masked'.`,
  );
}

/** @throws DmnnError `DMNN_EXECUTION` if images may leave a network without exits, or with statistics of the batch */
export function assertMayLeave(statistics: readonly Statistics[], { exits, name }: Architecture): void {
  const other = statistics.find((each) => each !== 'moving');
  if (other !== undefined) {
    throw executionError(
      'statistics',
      `'moving' with leave`,
      `'${other}'`,
      'Train with all images running to the end: the logits of all exits are in exitLogits.',
    );
  }
  if (exits && exits.length > 0) return;
  throw executionError(
    'leave',
    'a network with exits',
    name,
    'Add exits to its architecture, and train them.',
  );
}

/** @throws DmnnError `DMNN_EXECUTION` if norms are wanted of sub-blocks that do not run for every image */
export function assertMeasurable(execution: Execution, mayLeave: boolean): void {
  if (execution === 'masked' && !mayLeave) return;
  throw executionError(
    'norms',
    `execution: 'masked' without leave`,
    mayLeave ? 'leave' : `'${execution}'`,
    'Norms are of what every sub-block gives for every image.',
  );
}

/** @throws DmnnError `DMNN_SHAPE` unless a policy returned one gate for each image and sub-block. */
export function assertGates(gates: tf.Tensor2D, logits: tf.Tensor3D): void {
  const [images, subBlocks] = logits.shape;
  if (gates.rank === 2 && gates.shape[0] === images && gates.shape[1] === subBlocks) return;
  throw shapeError(
    'policy',
    `gates [${images}, ${subBlocks}] for logits [${logits.shape.join(', ')}]`,
    gates.shape,
    'Return one gate for each image and sub-block.',
  );
}
