import { type Architecture, type SqueezeController, placedBlocks } from '@dmnn/architecture';
import { subdivide } from '@dmnn/subdivide';

/** ConvNet-AIG's controller: a hidden layer of 16 units with batch norm, no state. */
const controller: SqueezeController = { kind: 'squeeze', hiddenUnits: 16 };

/** What {@link convnetAig} takes besides the backbone. */
export interface ConvNetAigOptions {
  /** What the network is called. */
  readonly name: string;
  /**
   * Which blocks run for every image, counted from 0 over the whole network: they get no gate at all.
   *
   * @defaultValue none
   */
  readonly alwaysOn?: readonly number[] | undefined;
}

/**
 * ConvNet-AIG: each block of a ResNet as a whole behind a gate of its own, which sees nothing but the block's input.
 *
 * Its authors' code gives every block a gate, and counts those with a target rate of 1 as run although the gate still
 * multiplies them. Here a block that is always to run has no gate, so that it does run, and costs no controller.
 *
 * @param backbone - a ResNet or ResNeXt that is not divided
 * @returns the gated network, with the backbone as `undivided`
 * @throws RangeError if a place in `alwaysOn` is none of the network's, or the backbone has inverted residuals
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
  const { name, alwaysOn = [] } = options;
  const placed = placedBlocks(backbone);
  const wrong = alwaysOn.find((index) => !Number.isSafeInteger(index) || index < 0 || index >= placed.length);
  if (wrong !== undefined) {
    throw new RangeError(
      `alwaysOn: expected places from 0 to ${placed.length - 1}, those of the blocks of ${backbone.name}, got ${wrong}.`,
    );
  }
  if (placed.some(({ block }) => block.kind === 'inverted-residual')) {
    throw new RangeError(
      `backbone: expected a ResNet or ResNeXt, as ConvNet-AIG gates them, got ${backbone.name}. dmnn-${backbone.name}-n1 gates its blocks as a whole.`,
    );
  }
  const gated = subdivide(backbone, { subBlocks: 1, controller, name });
  let index = 0;
  const stages = backbone.stages.map(({ blocks }, stageIndex) => ({
    blocks: blocks.map((block, indexInStage) => {
      const always = alwaysOn.includes(index++);
      return always ? block : (gated.stages[stageIndex]?.blocks[indexInStage] ?? block);
    }),
  }));
  return { ...gated, stages };
}

/**
 * The blocks that ConvNet-AIG's published results run for every image, by depth: those with a target rate of 1 in the
 * schedules of its authors' README. Of other networks they published none.
 */
export function convnetAigAlwaysOn(depth: number): readonly number[] {
  if (depth === 50) return [0, 1, 3, 7, 13, 15];
  if (depth === 101) return [0, 1, 2, 3, 4, 5, 6, 7];
  return [];
}
