import { likeliest, scripted } from '@dmnn/gating';
import type { GatePolicy } from '@dmnn/gating';
import { type Execution, type Network, createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { arbitraryImages } from './arbitrary-images.js';
import type { BenchEngine, Contestant } from './contestant.js';
import type { OpenPattern } from './random-pattern.js';
import { undividedOf } from './undivided-of.js';

/** How TensorFlow.js runs a network. */
export interface TfjsEngineOptions {
  /** The backend, for the engine's name: `wasm` */
  readonly backend: string;
  readonly batch: number;
  readonly execution: Execution;
}

/**
 * TensorFlow.js on the current backend, with folded networks.
 *
 * @param network - the dynamic network; the caller keeps it, folded
 */
export function tfjsEngine(network: Network, { backend, batch, execution }: TfjsEngineOptions): BenchEngine {
  const { architecture } = network;
  const undivided = undividedOf(architecture);
  return {
    name: `tfjs-${backend}-${execution}`,
    batch,
    undivided: () => {
      const backbone = createNetwork(undivided, { seed: 1 });
      return Promise.resolve(
        contestant(backbone, batch, 'masked', likeliest, () => {
          backbone.dispose();
        }),
      );
    },
    dynamic: (patterns) =>
      Promise.resolve(contestant(network, batch, execution, decidedThenScripted(patterns), () => undefined)),
  };
}

/** Computes the likeliest gates, as in real use, and then replaces them. */
function decidedThenScripted(patterns: readonly OpenPattern[]): GatePolicy {
  const script = scripted((block, image) => patterns[image]?.[block] ?? []);
  return (logits, at) => {
    likeliest(logits, at).dispose();
    return script(logits, at);
  };
}

function contestant(
  network: Network,
  batch: number,
  execution: Execution,
  policy: GatePolicy,
  dispose: () => void,
): Contestant {
  const { imageSizePx, inChannels } = network.architecture;
  const shape: [number, number, number, number] = [batch, imageSizePx, imageSizePx, inChannels];
  const images = tf.tensor4d(arbitraryImages(shape.reduce((size, length) => size * length, 1)), shape);
  network.fold();
  return {
    run: async () => {
      const { logits } = tf.tidy(() => {
        const pass = network.forward(images, { policy, statistics: 'moving', execution });
        return { logits: pass.logits };
      });
      await logits.data();
      logits.dispose();
    },
    release: () => {
      images.dispose();
      dispose();
      return Promise.resolve();
    },
  };
}
