import { type Architecture, type Block, placedBlocks, validateArchitecture } from '@dmnn/architecture';
import { families, familyOf } from './families.js';
import { unknownModelError } from './unknown-model-error.js';

/** Networks of several widths that share one set of weights, as plain data. */
export interface Slimmable {
  /** Name of the widest network, of which the others are slices. */
  readonly name: string;
  /** Factors of the channels, in ascending order, up to 1. */
  readonly widths: readonly number[];
  /**
   * `[w]`: the network of each width, as an ordinary architecture. All have the same layers; only channels differ.
   */
  readonly networks: readonly Architecture[];
}

/** Options of {@link slimmable}. */
export interface SlimmableOptions {
  /** @defaultValue 1000; 100 for CIFAR's networks */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 224; 32 for CIFAR's networks */
  readonly imageSizePx?: number | undefined;
  /** Factors of the channels, in ascending order, up to 1. @defaultValue [0.25, 0.5, 0.75, 1] */
  readonly widths?: readonly number[] | undefined;
}

/**
 * A slimmable network: every convolution of a narrow width consists of the first input and output channels of the
 * widest one; batch norms are not shared.
 *
 * The networks are those of the zoo at these widths, except that a block has a shortcut only if the widest network
 * has it. The first block of MobileNetV2 at width 0.25, for example, keeps its 8 channels and would have a shortcut
 * in the zoo.
 *
 * @param backbone - a name of the zoo whose family has a width: `resnet50`, `mobilenetv2`, `cifar-resnet20`
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` if the zoo has no such backbone
 * @throws RangeError if its family has no width, or the widths do not ascend from above 0 to 1
 * @example
 * ```ts
 * import { slimmable } from '@dmnn/backbones';
 *
 * const { networks } = slimmable('resnet50', { widths: [0.5, 1] });
 * console.log(networks.map(({ head }) => head.inFeatures)); // => [ 1024, 2048 ]
 * ```
 * @see Yu et al. 2018, Slimmable Neural Networks (arXiv 1812.08928), §3
 */
export function slimmable(backbone: string, options: SlimmableOptions = {}): Slimmable {
  const { widths = [0.25, 0.5, 0.75, 1], classes, imageSizePx } = options;
  const rising = widths.every((width, i) => width > (widths[i - 1] ?? 0));
  if (!rising || widths.length < 2 || widths.at(-1) !== 1) {
    throw new RangeError(
      `widths: expected two or more ascending factors above 0, the last one 1, such as 0.5, 1, got ${widths.join(', ')}.`,
    );
  }
  const found = familyOf(backbone);
  if (!found) {
    const usual = families.filter((family) => family.slimmable).map(({ example }) => example);
    throw unknownModelError(backbone, [], usual);
  }
  const { family, parts } = found;
  if (!family.slimmable) {
    throw new RangeError(
      `backbone: expected one of a family with a width, got ${backbone} (${family.form}).`,
    );
  }
  const networkOf = (factor: number): Architecture => {
    const width = Number((factor * Number(parts['width'] ?? 1)).toFixed(6)); // 0.75 · 1.4 is 1.05
    return family.build({ ...parts, width: String(width) }, { classes, imageSizePx, divided: false });
  };
  const widest = networkOf(1);
  const networks = widths.map((width) => withShortcutsOf(widest, networkOf(width)));
  return { name: widest.name, widths, networks };
}

/** Removes the shortcuts that the widest network does not have. */
function withShortcutsOf(widest: Architecture, network: Architecture): Architecture {
  const own = placedBlocks(widest);
  const extra = new Set(
    placedBlocks(network)
      .filter(({ block }, i) => block.shortcut.kind !== 'none' && own[i]?.block.shortcut.kind === 'none')
      .map(({ block }) => block),
  );
  if (extra.size === 0) return network;
  const stages = network.stages.map(({ blocks }) => ({
    blocks: blocks.map((block): Block =>
      extra.has(block) ? { ...block, shortcut: { kind: 'none' } } : block,
    ),
  }));
  // it differs from the zoo's network of that name, so it needs another name
  return validateArchitecture({ ...network, name: `slimmable-${network.name}`, stages });
}
