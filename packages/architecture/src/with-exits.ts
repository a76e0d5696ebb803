import { assertRecord } from '@dmnn/foundation';
import type { Architecture, Exit } from './architecture.js';
import { blockOutChannels, placedBlocks } from './blocks.js';
import { convUnit } from './conv-unit.js';
import { validateArchitecture } from './validate-architecture.js';

/** Settings of {@link withExits}. */
export interface ExitOptions {
  /**
   * Where exits stand: a number of them, spread evenly over the blocks, or the indices of the blocks after which they
   * stand, from 0.
   */
  readonly exits: number | readonly number[];
  /**
   * Convolutions of an exit before its mean and linear layer, 3×3 with stride 2, batch norm and ReLU, of as many channels
   * as the block has.
   *
   * @defaultValue 0
   * @see MSDNet (Huang et al. 2018, arXiv 1703.09844) §4, whose classifiers have two
   */
  readonly convolutions?: number | undefined;
  /** @defaultValue that of the network, with `-e` and the number of exits */
  readonly name?: string | undefined;
}

/**
 * Gives a network exits, each with a head of its own. Everything else stays as it is; costs are compared with the
 * network without exits, or with the backbone that it was divided from.
 *
 * @throws RangeError if the network has exits, or there are none to add, or too many
 * @throws ArchitectureError if a block is not there, is the last, or comes twice or out of order, or if its map is too small
 *   for the convolutions
 * @see BranchyNet (Teerapittayanon et al. 2016, arXiv 1709.01686) §III
 * @example
 * ```ts
 * import { withExits } from '@dmnn/architecture';
 * import { createArchitecture } from '@dmnn/backbones';
 *
 * const network = withExits(createArchitecture('cifar-resnet56'), { exits: 2 });
 * console.log(network.name, network.exits?.map(({ afterBlock }) => afterBlock).join()); // => cifar-resnet56-e2 8,17
 * ```
 */
export function withExits(architecture: Architecture, options: ExitOptions): Architecture {
  assertRecord('options', options, 'an object with exits');
  const { convolutions = 0 } = options;
  if (architecture.exits) {
    throw new RangeError(
      `architecture: expected a network without exits, got ${architecture.name}, which has ${architecture.exits.length}. Start from the network that they were added to.`,
    );
  }
  if (!Number.isSafeInteger(convolutions) || convolutions < 0) {
    throw new RangeError(`convolutions: expected a whole number, at least 0, got ${String(convolutions)}`);
  }
  const blocks = placedBlocks(architecture);
  const after = typeof options.exits === 'number' ? evenly(options.exits, blocks.length) : options.exits;
  const exits = after.map((afterBlock): Exit => {
    const placed = blocks[afterBlock];
    const channels = placed ? blockOutChannels(placed.block) : 1;
    return {
      afterBlock,
      head: {
        units: Array.from({ length: convolutions }, () => convUnit(3, channels, channels, { stride: 2 })),
        inFeatures: channels,
        classes: architecture.head.classes,
      },
    };
  });
  return validateArchitecture({
    ...architecture,
    name: options.name ?? `${architecture.name}-e${exits.length}`,
    exits,
    undivided: architecture.undivided ?? architecture,
  });
}

/** Indices of blocks that cut a network into equal parts. */
function evenly(exits: number, blocks: number): number[] {
  if (!Number.isSafeInteger(exits) || exits < 1 || exits >= blocks) {
    const most = blocks - 1;
    const range = most < 1 ? 'none, since the network has one block at most' : `1 to ${most}`;
    throw new RangeError(
      `exits: expected ${range}, got ${String(exits)}. At most one stands after each block but the last.`,
    );
  }
  return Array.from({ length: exits }, (_, e) => Math.round(((e + 1) * blocks) / (exits + 1)) - 1);
}
