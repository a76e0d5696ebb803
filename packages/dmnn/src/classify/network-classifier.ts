import { DmnnError } from '@dmnn/foundation';
import { type ImagePreparation, gatedBlocks } from '@dmnn/architecture';
import { countNetwork, countUndivided, flopsTable, fullMacs, patternMacs } from '@dmnn/flops';
import { gateLogOdds, likeliest } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import type { Classification, Classifier } from './classifier.js';
import { notFinite } from './inferring-classifier.js';

const WARM_UP_IMAGES = 3; // after one, the next still took ten times as long on the native backend

/**
 * A network on TensorFlow.js as a classifier: folded, the likeliest gates, skipping what is closed.
 *
 * A few warm-up images run before the promise settles, so that later times exclude one-time work of the backend.
 *
 * @param network - disposed by the classifier's `close`
 * @throws DmnnError `DMNN_CLASSIFICATION` if the network does not take images of three channels
 */
export async function networkClassifier(
  network: Network,
  {
    preparation,
    classNames,
  }: { readonly preparation: ImagePreparation; readonly classNames?: readonly string[] | undefined },
): Promise<Classifier> {
  const { architecture } = network;
  const { name, imageSizePx, inChannels } = architecture;
  if (inChannels !== 3) {
    throw new DmnnError(
      'DMNN_CLASSIFICATION',
      `${name}: expected a network that takes 3 channels (red, green, blue), got ${inChannels}.`,
    );
  }
  const table = flopsTable(countNetwork(architecture));
  const subBlocks = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  network.fold();

  const classify = async (image: Float32Array): Promise<Classification> => {
    const start = performance.now();
    const packed = passValues(network, image);
    const values = await packed.data<'float32'>();
    const milliseconds = performance.now() - start;
    packed.dispose();
    const { classes } = architecture.head;
    const logits = values.slice(0, classes);
    const count = subBlocks.reduce((sum, each) => sum + each, 0);
    const gates = inBlocks(values.subarray(classes, classes + count), subBlocks).map((block) =>
      block.map((gate) => gate === 1),
    );
    const logOdds = inBlocks(values.subarray(classes + count), subBlocks);
    if (!values.every(Number.isFinite)) throw notFinite(name);
    return {
      logits,
      gates,
      gateProbabilities: logOdds.map((block) => block.map((one) => 1 / (1 + Math.exp(-one)))),
      macs: patternMacs(table, gates),
      milliseconds,
    };
  };
  for (let i = 0; i < WARM_UP_IMAGES; i++) await classify(new Float32Array(imageSizePx * imageSizePx * 3));
  return {
    name,
    imageSizePx,
    preparation,
    classNames,
    fullMacs: fullMacs(table),
    undividedMacs: countUndivided(architecture).macs,
    classify,
    close: () => {
      network.dispose();
      return Promise.resolve();
    },
  };
}

/** Logits, gates and on − off of all gates, one after the other: one tensor, so that a device is read once. */
function passValues(network: Network, image: Float32Array): tf.Tensor1D {
  const { imageSizePx } = network.architecture;
  return tf.tidy(() => {
    const pass = network.forward(tf.tensor4d(image, [1, imageSizePx, imageSizePx, 3]), {
      policy: likeliest,
      statistics: 'moving',
      execution: 'skipping',
    });
    const logOdds = pass.gateLogits.map(gateLogOdds);
    return tf.squeeze<tf.Tensor1D>(tf.concat<tf.Tensor2D>([pass.logits, ...pass.gates, ...logOdds], 1), [0]);
  });
}

function inBlocks(flat: Float32Array, lengths: readonly number[]): number[][] {
  let end = 0;
  return lengths.map((length) => [...flat.subarray(end, (end += length))]);
}
