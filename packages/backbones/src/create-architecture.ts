import type { Architecture, Controller } from '@dmnn/architecture';
import { type SubBlockWidths, subdivide } from '@dmnn/subdivide';
import { type DmnnError, closestNames } from '@dmnn/foundation';
import { convnetAig, convnetAigAlwaysOn } from './convnet-aig.js';
import {
  type ConvNetAigName,
  convnetAigForms,
  convnetAigName,
  readConvnetAigName,
} from './convnet-aig-name.js';
import { dividedForms, readDividedName } from './divided-name.js';
import { families, familyOf } from './families.js';
import { readSkipNetName, skipNet, skipNetForm } from './skipnet.js';
import { modelNames } from './model-names.js';
import { unknownModelError } from './unknown-model-error.js';

/** Options of {@link createArchitecture}. */
export interface ModelOptions {
  /** @defaultValue 1000; 100 for CIFAR's networks */
  readonly classes?: number | undefined;
  /** Side of the image, in pixels. @defaultValue 224; 32 for CIFAR's networks */
  readonly imageSizePx?: number | undefined;
  /** N: divides a backbone. Not needed if the name has `-nN`. */
  readonly subBlocks?: number | undefined;
  /** Widths of the sub-blocks; only with N. @defaultValue as in `subdivide` of `@dmnn/subdivide` */
  readonly widths?: SubBlockWidths | undefined;
  /** Controller of the sub-blocks; only with N. @defaultValue the paper's controller */
  readonly controller?: Controller | undefined;
  /** Whether divided blocks have a bias; only with N. @defaultValue false */
  readonly blockBias?: boolean | undefined;
}

/**
 * Creates a network of the zoo by name, as plain data.
 *
 * Backbones: `resnet50`, `resnet50-0.75` (width), `resnet50-stride1x1` (He et al.'s stride), `resnext50-32x4d`,
 * `mobilenetv2-1.4`, `mobilenetv2-1.4-floor` (the paper's rounding), `cifar-resnet20`, `cifar-resnet20-0.5-pad`,
 * `cifar-resnet50` (bottlenecks), `cifar-resnext29-2x40d-0.25`, `cifar-mobilenetv2`. Dynamic networks are
 * `dmnn-BACKBONE-nN`, for short `dmnn50-n2` for ResNets of bottlenecks; the suffix `-solver`, `-share` or `-lanes`
 * selects other widths. `dmnn-mobilenetv2-1.4-n2` rounds channels down, as in the paper.
 *
 * `convnet-aig50` and `convnet-aig101` are ConvNet-AIG with gates at the blocks that have one in its published
 * results. `convnet-aig50-all` has a gate at every block, as in the authors' code, and so has `convnet-aig-BACKBONE`,
 * for a ResNet or ResNeXt.
 *
 * `skipnet-BACKBONE`, for a ResNet or ResNeXt, has SkipNet's recurrent gate at every block but the first.
 *
 * The network gets the shortest name with the same meaning; the name does not include a list of widths, a
 * controller or biases of blocks.
 *
 * @param name - `modelNames()` of `@dmnn/backbones` lists the usual ones
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` if the name fits no pattern, with the nearest names
 * @throws RangeError if a number is out of range, or an option contradicts the name or has no effect
 * @throws DmnnError `DMNN_SUBDIVIDE` if the network cannot be divided in this way
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 *
 * const network = createArchitecture('dmnn-cifar-resnet20-n2', { classes: 10 });
 * console.log(network.stages.length, network.head.classes, network.undivided?.name); // => 3 10 cifar-resnet20
 * ```
 */
export function createArchitecture(name: string, options: ModelOptions = {}): Architecture {
  checkKeys(options);
  if (typeof name !== 'string') throw unknownModel(String(name));
  const aig = readConvnetAigName(name);
  if (aig) return createConvnetAig(name, aig, options);
  const skipped = readSkipNetName(name);
  if (skipped !== undefined) {
    const backbone = gatedAsWhole(name, skipped, options);
    return skipNet(backbone, { name: `skipnet-${backbone.name}` });
  }
  const divided = readDividedName(name);
  const found = familyOf(divided?.backbone ?? name);
  const subBlocks = agreed('subBlocks', name, divided?.subBlocks, options.subBlocks);
  if (!found || (divided && subBlocks === undefined)) throw unknownModel(name);

  const { family, parts } = found;
  const { classes, imageSizePx, controller, blockBias } = options;
  const backbone = family.build(parts, { classes, imageSizePx, divided: divided !== undefined });
  if (subBlocks === undefined) {
    const idle = (['widths', 'controller', 'blockBias'] as const).find((key) => options[key] !== undefined);
    if (idle === undefined) return backbone;
    throw new RangeError(
      `${idle}: expected none for ${name}, which is not divided. Pass subBlocks too, or a name with -n2.`,
    );
  }
  const widths = agreed('widths', name, divided?.widths, options.widths);
  const suffix = typeof widths === 'string' && widths !== 'paper' ? `-${widths}` : '';
  const base = family.dividedName?.(backbone.name) ?? `-${backbone.name}`;
  return subdivide(backbone, {
    subBlocks,
    name: `dmnn${base}-n${subBlocks}${suffix}`,
    widths,
    controller,
    blockBias,
  });
}

function createConvnetAig(
  name: string,
  { backbone, depth }: ConvNetAigName,
  options: ModelOptions,
): Architecture {
  const built = gatedAsWhole(name, backbone, options);
  const alwaysOn = convnetAigAlwaysOn(depth ?? 0);
  return convnetAig(built, { name: convnetAigName(built.name, alwaysOn.length > 0), alwaysOn });
}

/** The backbone of a network that has gates on whole blocks already. */
function gatedAsWhole(name: string, backbone: string, options: ModelOptions): Architecture {
  const found = familyOf(backbone);
  if (!found || found.family.blocks.includes('inverted-residual')) throw unknownModel(name);
  const idle = (['subBlocks', 'widths', 'controller', 'blockBias'] as const).find(
    (key) => options[key] !== undefined,
  );
  if (idle !== undefined) {
    throw new RangeError(
      `${idle}: expected none for ${name}, which has gates already. To divide it in another way, pass the name of its backbone.`,
    );
  }
  const { classes, imageSizePx } = options;
  return found.family.build(found.parts, { classes, imageSizePx, divided: false });
}

/** The value in the name or the option; throws a RangeError if both are given and differ. */
function agreed<T>(option: string, name: string, inName: T | undefined, given: T | undefined): T | undefined {
  if (inName === undefined || given === undefined || inName === given) return inName ?? given;
  throw new RangeError(
    `${option}: expected ${String(inName)}, as ${name} says, got ${String(given)}. Leave one of them out.`,
  );
}

function checkKeys(options: ModelOptions): void {
  const known = ['classes', 'imageSizePx', 'subBlocks', 'widths', 'controller', 'blockBias'];
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const [near] = closestNames(key, known, 1);
    throw new RangeError(
      `options: expected ${known.join(', ')}, got '${key}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`,
    );
  }
}

function unknownModel(name: string): DmnnError {
  const forms = [...families.map(({ form }) => form), ...dividedForms, ...convnetAigForms, skipNetForm];
  return unknownModelError(name, closestNames(name, modelNames()), forms);
}
