import { type Architecture, type Block, placedBlocks, validateArchitecture } from '@dmnn/architecture';
import { families, familyOf } from './families.js';
import { unknownModelError } from './unknown-model-error.js';

/** Networks of several widths that share one set of weights, as plain data. */
export interface Slimmable {
  /** Of the widest, which the others are slices of. */
  readonly name: string;
  /** Factors of the channels, rising to 1. */
  readonly widths: readonly number[];
  /** `[w]`: the network of each width, an ordinary one. All have the same layers; only channels differ. */
  readonly networks: readonly Architecture[];
}

/** What {@link slimmable} takes besides a name. */
export interface SlimmableOptions {
  /** @defaultValue 1000; 100 for CIFAR's networks */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 224; 32 for CIFAR's networks */
  readonly imageSizePx?: number | undefined;
  /** Factors of the channels, rising to 1. @defaultValue [0.25, 0.5, 0.75, 1] */
  readonly widths?: readonly number[] | undefined;
}

/**
 * A slimmable network: every convolution of a narrow width is the first channels, in and out, of the widest one's; batch
 * norms are not shared.
 *
 * The networks are the zoo's of these widths, except that a block has a shortcut only where the widest has one: of the
 * MobileNetV2 of width 0.25 the first block keeps its 8 channels, and alone it would have one.
 *
 * @param backbone - a name of the zoo that takes a width: `resnet50`, `mobilenetv2`, `cifar-resnet20`
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` if the zoo has no such backbone
 * @throws RangeError if it takes no width, or the widths do not rise from above 0 to 1
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
      `widths: expected two factors or more that rise from above 0 to 1, such as 0.5, 1, got ${widths.join(', ')}.`,
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
      `backbone: expected one of a family that takes a width, got ${backbone} (${family.form}).`,
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

/** Takes off the shortcuts that the widest network does not have. */
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
  // another network than the zoo's of that name gets a name of its own
  return validateArchitecture({ ...network, name: `slimmable-${network.name}`, stages });
}
