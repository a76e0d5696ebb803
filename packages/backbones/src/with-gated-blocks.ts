import { type Architecture, type Controller, placedBlocks } from '@dmnn/architecture';
import { subdivide } from '@dmnn/subdivide';

/** Options of {@link withGatedBlocks}. */
export interface GatedBlocksOptions {
  /** Name of the network. */
  readonly name: string;
  readonly controller: Controller;
  /** Indices of the blocks without a gate, from 0 over the whole network. @defaultValue none */
  readonly alwaysOn?: readonly number[] | undefined;
  /** Whose gates they are, for errors. */
  readonly system: string;
}

/**
 * A ResNet whose blocks are executed or skipped as a whole, each by a controller of this kind.
 *
 * @returns the gated network, with the backbone as `undivided`
 * @throws RangeError if an index in `alwaysOn` is out of range, or the backbone has inverted residuals
 * @throws DmnnError `DMNN_SUBDIVIDE` if the backbone is divided already
 */
export function withGatedBlocks(
  backbone: Architecture,
  { name, controller, alwaysOn = [], system }: GatedBlocksOptions,
): Architecture {
  const placed = placedBlocks(backbone);
  const wrong = alwaysOn.find((index) => !Number.isSafeInteger(index) || index < 0 || index >= placed.length);
  if (wrong !== undefined) {
    throw new RangeError(
      `alwaysOn: expected block indices of ${backbone.name} from 0 to ${placed.length - 1}, got ${wrong}.`,
    );
  }
  if (placed.some(({ block }) => block.kind === 'inverted-residual')) {
    throw new RangeError(
      `backbone: expected a ResNet or ResNeXt, which ${system} gates, got ${backbone.name}. Use dmnn-${backbone.name}-n1, which gates whole blocks.`,
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
