import type { Architecture, SqueezeController } from '@dmnn/architecture';
import { withGatedBlocks } from './with-gated-blocks.js';

/** ConvNet-AIG's controller: a hidden layer of 16 units with batch norm, without state. */
const controller: SqueezeController = { kind: 'squeeze', hiddenUnits: 16 };

/** Options of {@link convnetAig}. */
export interface ConvNetAigOptions {
  /** Name of the network. */
  readonly name: string;
  /**
   * Indices of the blocks that run for every image, from 0 over the whole network: they get no gate.
   *
   * @defaultValue none
   */
  readonly alwaysOn?: readonly number[] | undefined;
}

/**
 * ConvNet-AIG: each block of a ResNet is executed or skipped as a whole by its own gate, which depends only on the
 * input of the block.
 *
 * The authors' code gives every block a gate, and counts blocks with a target rate of 1 as executed although the gate
 * still multiplies them. Here a block that always runs has no gate, so it does run and has no cost of a controller.
 *
 * @param backbone - an undivided ResNet or ResNeXt
 * @returns the gated network, with the backbone as `undivided`
 * @throws RangeError if an index in `alwaysOn` is out of range, or the backbone has inverted residuals
 * @throws DmnnError `DMNN_SUBDIVIDE` if the backbone is divided already
 * @example
 * ```ts
 * import { gatedBlocks } from '@dmnn/architecture';
 * import { cifarResnet, convnetAig } from '@dmnn/backbones';
 *
 * const network = convnetAig(cifarResnet({ depth: 20 }), { name: 'mine', alwaysOn: [0] });
 * console.log(gatedBlocks(network).length, network.undivided?.name); // => 8 cifar-resnet20
 * ```
 * @see Veit and Belongie 2018, Convolutional Networks with Adaptive Inference Graphs (arXiv 1711.11503), §3
 */
export function convnetAig(backbone: Architecture, options: ConvNetAigOptions): Architecture {
  return withGatedBlocks(backbone, { ...options, controller, system: 'ConvNet-AIG' });
}

/**
 * The blocks that always run in ConvNet-AIG's published results, by depth: those with a target rate of 1 in the
 * schedules of the authors' README. There are no published results for other networks.
 */
export function convnetAigAlwaysOn(depth: number): readonly number[] {
  if (depth === 50) return [0, 1, 3, 7, 13, 15];
  if (depth === 101) return [0, 1, 2, 3, 4, 5, 6, 7];
  return [];
}
