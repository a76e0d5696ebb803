import { type Recipe, parseRecipe, recipeNamed } from '@dmnn/runs';
import type { RowSystem } from '../tables/paper-numbers.js';
import { paperRow } from '../tables/paper-row.js';
import { rowRecipe } from './row-recipe.js';

/**
 * The method of a row of the paper's tables on a small network of CIFAR-100's images: 10 epochs of batches of 128.
 *
 * What the row is about stays: sub-blocks, target rate, controllers, category loss, widths, momentum and weight decay.
 * Network, data and schedule are others. DMNN's gates are held open for half of the epochs; then sub-blocks open in turn,
 * with the target in force. ConvNet-AIG's target falls from 1 over the first half. So an error says how the row stands to
 * other rows at this scale, and nothing of the paper's number.
 *
 * ResNet-50 becomes a ResNet-20 of basic blocks and ResNet-101 a ResNet-32, which costs 1.7 times as much; ResNet-101 costs
 * 1.9 times as much as ResNet-50, and a ResNet-56 would cost 3.1 times. The ResNeXts are of a quarter of the width of their
 * authors' for CIFAR, which costs about what the ResNets do. The pruned row begins with a trained network, such as this
 * recipe of `table1/03-resnet50` trains. MobileNetV2 has a stem of stride 1 and is as wide as the row's.
 *
 * @param rowId - `table1/10-dmnn50-n2-t0.5`
 * @returns the recipe, named `table1/10-dmnn50-n2-t0.5-laptop`
 * @throws UnknownRowError as {@link rowRecipe}
 * @example
 * ```ts
 * import { laptopRecipe } from '@dmnn/trainer/paper';
 *
 * const recipe = laptopRecipe('table1/20-dmnn101-n2-t0.3');
 * console.log(recipe.model.name, recipe.epochs, recipe.gating?.targetRate); // => dmnn-cifar-resnet32-n2 10 0.3
 * ```
 */
export function laptopRecipe(rowId: string): Recipe {
  const large = rowRecipe(rowId);
  const { table, row, model, system } = paperRow(rowId).paper;
  const short = recipeNamed(shortRecipes[system]);
  return parseRecipe({
    ...short,
    name: `${rowId}-laptop`,
    description: `The method of the paper's table ${table}, row ${row} (${model}) on CIFAR-100, 10 epochs`,
    epochs: 10,
    optimiser: large.optimiser,
    model: { ...large.model, name: laptopModel(large.model.name) },
    gating: short.gating && {
      ...(system === 'dmnn' ? openForHalf : short.gating),
      targetRate: large.gating?.targetRate,
      category: large.gating?.category,
    },
    slimmable: large.slimmable,
    pruning: short.pruning && { ...short.pruning, macsRatio: large.pruning?.macsRatio },
  });
}

/**
 * How DMNN erred least in ten epochs on held-out images: 64.8 % at 60 % of the MACs, where gates that decide from the first
 * step and a falling target erred 67.6 % at 65 % (docs/results/cifar100.md).
 */
const openForHalf = { gatesOpenUntil: 0.5, openingRate: 'in-turn', noiseOffAfter: 0.9 } as const;

/** Short recipes of the same systems. */
const shortRecipes: Readonly<Record<RowSystem, string>> = {
  resnet: 'cifar-resnet20',
  resnext: 'cifar-resnet20',
  'mobilenet-v2': 'cifar-resnet20',
  'taylor-pruning': 'pruned-cifar-resnet20',
  'convnet-aig': 'convnet-aig-cifar-resnet20',
  slimmable: 'slimmable-cifar-resnet20',
  dmnn: 'dmnn-cifar-resnet20-n2',
};

/** A small network for each of the rows' recipes. Basic blocks have no 1×1 convolution that a stride could stand on. */
const laptopModels: Readonly<Record<string, string>> = {
  resnet50: 'cifar-resnet20',
  'resnet50-stride1x1': 'cifar-resnet20',
  resnet101: 'cifar-resnet32',
  'resnet101-stride1x1': 'cifar-resnet32',
  'resnext50-2x40d': 'cifar-resnext29-2x40d-0.25',
  'resnext50-4x24d': 'cifar-resnext29-4x24d-0.25',
  'resnext101-2x40d': 'cifar-resnext47-2x40d-0.25',
  'convnet-aig50': 'convnet-aig-cifar-resnet20',
  'convnet-aig101': 'convnet-aig-cifar-resnet32',
  'dmnn50-n2': 'dmnn-cifar-resnet20-n2',
  'dmnn50-n3': 'dmnn-cifar-resnet20-n3',
  'dmnn50-n4': 'dmnn-cifar-resnet20-n4',
  'dmnn101-n2': 'dmnn-cifar-resnet32-n2',
  mobilenetv2: 'cifar-mobilenetv2',
  'mobilenetv2-1.4': 'cifar-mobilenetv2-1.4',
  'dmnn-mobilenetv2-n2': 'dmnn-cifar-mobilenetv2-n2',
  'dmnn-mobilenetv2-1.4-n2': 'dmnn-cifar-mobilenetv2-1.4-n2',
  'cifar-resnet50': 'cifar-resnet20',
  'dmnn-cifar-resnet50-n2': 'dmnn-cifar-resnet20-n2',
};

/** The small network that stands for one of the rows'. */
export function laptopModel(large: string): string {
  const model = laptopModels[large];
  if (model === undefined) throw new Error(`${large}: there is no small network for it`);
  return model;
}
