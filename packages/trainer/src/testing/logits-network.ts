import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { ForwardOptions, ForwardPass, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';

/** On minus off of a gate, by image, block and sub-block, and by how many gates of earlier blocks are open. */
export type LogOddsRule = (key: number, l: number, n: number, openBefore: number) => number;

/** What looks like a network but has gate logits by rule, so that a test knows what each threshold opens. */
export function logitsNetwork(architecture: Architecture, rule: LogOddsRule): Network {
  const forward = (images: tf.Tensor4D, { policy, sampleKeys }: ForwardOptions): ForwardPass => {
    const keys = sampleKeys ?? [...Array(images.shape[0]).keys()];
    const openBefore = keys.map(() => 0);
    const gates: tf.Tensor2D[] = [];
    const gateLogits: tf.Tensor3D[] = [];
    for (const { block, blockIndex } of gatedBlocks(architecture)) {
      const values = keys.map((key, b) =>
        block.subBlocks.map((_, n) => [0, rule(key, blockIndex, n, openBefore[b] as number)]),
      );
      const logits = tf.tensor3d(values);
      const gate = policy(logits, { blockIndex, sampleKeys: keys });
      gate.arraySync().forEach((row, b) => {
        openBefore[b] = row.reduce((sum, each) => sum + each, openBefore[b] as number);
      });
      gates.push(gate);
      gateLogits.push(logits);
    }
    return { logits: tf.zeros([keys.length, architecture.head.classes]), gates, gateLogits, states: [] };
  };
  return { architecture, forward } as unknown as Network;
}
