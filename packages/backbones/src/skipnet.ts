import type { Architecture, RecurrentController } from '@dmnn/architecture';
import { withGatedBlocks } from './with-gated-blocks.js';

/** SkipNet's recurrent gate: an LSTM of 10 units that reads 10 numbers of each block's input. */
const controller: RecurrentController = { kind: 'recurrent', embedUnits: 10, hiddenUnits: 10 };

/** Options of {@link skipNet}. */
export interface SkipNetOptions {
  /** Name of the network. */
  readonly name: string;
}

/**
 * SkipNet with recurrent gates: each block of a ResNet but the first is executed or skipped as a whole, by an LSTM that
 * reads the input of every block and remembers what it read before.
 *
 * A closed block whose shortcut is a projection gives ReLU(projection) here, as in the paper's Eq. 4, where SkipNet's code
 * leaves ReLU out; of other blocks both give the block's input. The code also computes a gate after the last block, which
 * nothing reads; there is none here.
 *
 * @param backbone - an undivided ResNet or ResNeXt
 * @returns the gated network, with the backbone as `undivided`
 * @throws RangeError if the backbone has inverted residuals
 * @throws DmnnError `DMNN_SUBDIVIDE` if the backbone is divided already
 * @example
 * ```ts
 * import { gatedBlocks } from '@dmnn/architecture';
 * import { cifarResnet, skipNet } from '@dmnn/backbones';
 *
 * const network = skipNet(cifarResnet({ depth: 20 }), { name: 'mine' });
 * console.log(gatedBlocks(network).length, network.undivided?.name); // => 8 cifar-resnet20
 * ```
 * @see Wang et al. 2018, SkipNet: Learning Dynamic Routing in Convolutional Networks (arXiv 1711.09485), §3.1;
 *   `ResNetRecurrentGateSP` of the authors' code, ucbdrive/skipnet: "must pass through the first layer in first group"
 */
export function skipNet(backbone: Architecture, { name }: SkipNetOptions): Architecture {
  return withGatedBlocks(backbone, { name, controller, alwaysOn: [0], system: 'SkipNet' });
}

/** Names of the SkipNets that the zoo lists. */
export const skipNetNames: readonly string[] = [
  'skipnet-cifar-resnet20',
  'skipnet-cifar-resnet56',
  'skipnet-cifar-resnet110',
];

/** The form of the names of SkipNets, for messages. */
export const skipNetForm = 'skipnet-{BACKBONE}';

/** Removes `skipnet-` from a name; undefined if the name does not start with it. */
export function readSkipNetName(name: string): string | undefined {
  return /^skipnet-(?<backbone>[a-z].*)$/.exec(name)?.groups?.['backbone'];
}
