import { closestNames } from '@dmnn/foundation';
import type { Recipe } from './recipe.js';
import { RecipeError } from './recipe-error.js';
import { convnetAigTargets } from './convnet-aig-targets.js';
import { parseRecipe } from './parse-recipe.js';
import { shortGating } from './short-gating.js';

/** Everything but what {@link parseRecipe} fills in. */
type RecipeSource = Readonly<Record<string, unknown>> & { readonly name: string };

/** DMNN §4.1: random-size crop, flip, batch 256, Nesterov momentum 0.9, cosine from 0.1, 120 epochs. */
const imagenet = {
  data: 'imagenet',
  epochs: 120,
  batchSize: 256,
  augmentation: 'random-resized-crop',
  optimiser: { momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  learningRate: { kind: 'cosine', from: 0.1 },
} as const;

const mobilenetOptimiser = { momentum: 0.9, nesterov: true, weightDecay: 4e-5 } as const;

/** DMNN §4.1: batch 256, momentum 0.9, 0.1 divided by 10 at epochs 100 and 150 of 200. */
const cifar100 = {
  data: 'cifar100',
  epochs: 200,
  batchSize: 256,
  optimiser: { momentum: 0.9, nesterov: false, weightDecay: 1e-4 },
  learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [100, 150] },
} as const;

/**
 * Veit and Belongie's ImageNet training: batch 256, momentum 0.9, 0.1 divided by 10 every 30 of 100 epochs; everything
 * decays, batch norms and gates too.
 */
const convnetAigImagenet = {
  data: 'imagenet',
  epochs: 100,
  batchSize: 256,
  augmentation: 'random-resized-crop',
  optimiser: { momentum: 0.9, nesterov: false, weightDecay: 1e-4, decay: ['all'] },
  learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [30, 60, 90] },
} as const;

/** Its gates: biases of 0.1 (off) and 2 (on) open 87 % of them at the start; temperature 1, noise to the end. */
const convnetAigGating = { openingRate: 0.87, category: null } as const;

/**
 * Molchanov et al.'s of 2019, as in the README of NVlabs/Taylor_pruning: batch 256, momentum 0.9, 0.001 divided by 10
 * every 10 of 25 epochs, no decay; rounds of 30 steps and 100 channels, as here by default. Theirs include the rounds.
 */
const taylorImagenet = {
  data: 'imagenet',
  epochs: 25,
  batchSize: 256,
  augmentation: 'random-resized-crop',
  optimiser: { momentum: 0.9, nesterov: false, weightDecay: 0 },
  learningRate: { kind: 'step', from: 0.001, factor: 0.1, atEpochs: [10, 20] },
} as const;

/** Yu et al.'s: four widths a step; weights of dense convolutions and of the classifier decay, nothing else does. */
const slimmableWidths = { slimmable: { widths: [0.25, 0.5, 0.75, 1] } } as const;
const slimmableDecay = ['dense-convolution', 'linear'] as const;

/**
 * SkipNet's CIFAR training, as in `train_sp.py` and `train_rl.py` of its code: batches of 128, everything decays. 64,000
 * steps, 0.1 divided by 10 after half and three quarters; then 10,000 at 1e-4 by rewards. A step's rewards are added up
 * there, weighted by 0.01, and averaged here.
 */
const skipNet = {
  data: 'cifar100',
  batchSize: 128,
  optimiser: { momentum: 0.9, nesterov: false, weightDecay: 1e-4, decay: ['all'] },
} as const;

/** Hard gates, straight through, and nothing asked of rates. */
const skipNetGating = { targetRate: 1, resourceWeight: 0, noiseOffAfter: 0, category: null } as const;

/** Gates that are drawn and learn from rewards. */
const skipNetReinforced = {
  ...{ targetRate: 1, resourceWeight: 0, category: null },
  policy: { kind: 'reinforced', costReward: 0.1, weight: 1.28 },
} as const;

/** Five epochs: long enough to see whether something learns, short enough to wait for. */
const small = {
  data: 'cifar100',
  epochs: 5,
  batchSize: 128,
  optimiser: { momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  learningRate: { kind: 'cosine', from: 0.1 },
} as const;

const demo = {
  data: 'built-in',
  epochs: 4,
  batchSize: 32,
  augmentation: 'pad-crop-flip',
  optimiser: { momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  learningRate: { kind: 'cosine', from: 0.1 },
} as const;

/**
 * Gates that learn what sub-blocks of a trained network contribute: its channels divided by importance, what sub-blocks give on
 * average kept apart, so that norms are of what differs between images; nothing decays.
 */
const byContribution = {
  optimiser: { momentum: 0.9, nesterov: true, weightDecay: 0 },
  learningRate: { kind: 'cosine', from: 0.05 },
  gating: { targetRate: 0.6, targetOf: 'flops', regression: { of: 'norm' }, category: null },
  fineTuning: { trainable: 'controllers', channelOrder: 'importance' },
} as const;

function sources(): readonly RecipeSource[] {
  return [
    {
      name: 'imagenet-resnet50',
      description: 'The paper’s ImageNet training of an undivided ResNet',
      ...imagenet,
      model: { name: 'resnet50' },
    },
    {
      name: 'imagenet-dmnn50-n2',
      description: 'The paper’s ImageNet training of DMNN-50, N = 2, t = 0.5',
      ...imagenet,
      model: { name: 'dmnn50-n2' },
      gating: { targetRate: 0.5 },
    },
    {
      name: 'imagenet-mobilenetv2',
      description: 'The paper’s ImageNet training of an undivided MobileNetV2',
      ...imagenet,
      optimiser: mobilenetOptimiser,
      model: { name: 'mobilenetv2' },
    },
    {
      name: 'imagenet-dmnn-mobilenetv2-n2',
      description: 'The paper’s ImageNet training of DMNN-MobileNetV2, N = 2, t = 0.7',
      ...imagenet,
      optimiser: mobilenetOptimiser,
      model: { name: 'dmnn-mobilenetv2-n2' },
      gating: { targetRate: 0.7 },
    },
    {
      name: 'cifar100-resnet50',
      description: 'The paper’s CIFAR-100 training of an undivided ResNet-50',
      ...cifar100,
      model: { name: 'cifar-resnet50' },
    },
    {
      name: 'cifar100-dmnn50-n2',
      description: 'The paper’s CIFAR-100 training of DMNN-50, N = 2, t = 0.5',
      ...cifar100,
      model: { name: 'dmnn-cifar-resnet50-n2' },
      gating: { targetRate: 0.5 },
    },
    {
      name: 'imagenet-convnet-aig50',
      description: 'ConvNet-AIG-50, t = 0.7, as its authors trained it on ImageNet',
      ...convnetAigImagenet,
      model: { name: 'convnet-aig50' },
      gating: {
        ...convnetAigGating,
        targetRate: 0.7,
        layerTargets: convnetAigTargets('convnet-aig50', 0.7),
        resourceWeight: 1,
      },
    },
    {
      name: 'imagenet-convnet-aig101',
      description: 'ConvNet-AIG-101, t = 0.5, as its authors trained it on ImageNet',
      ...convnetAigImagenet,
      model: { name: 'convnet-aig101' },
      gating: {
        ...convnetAigGating,
        targetRate: 0.5,
        layerTargets: convnetAigTargets('convnet-aig101', 0.5),
        resourceWeight: 1,
      },
    },
    {
      name: 'cifar100-convnet-aig-resnet110',
      description: 'ConvNet-AIG-110, t = 0.6, as its authors trained it on CIFAR-10',
      data: 'cifar100',
      epochs: 350,
      batchSize: 256,
      optimiser: { momentum: 0.9, nesterov: false, weightDecay: 5e-4, decay: ['all'] },
      learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [150, 250] },
      model: { name: 'convnet-aig-cifar-resnet110' },
      gating: { ...convnetAigGating, targetRate: 0.6, layerTargets: 'same', resourceWeight: 2 },
    },
    {
      name: 'cifar100-skipnet-resnet110',
      description: 'SkipNet-110 with hard gates, as its authors trained it on CIFAR before the rewards',
      ...skipNet,
      epochs: 164,
      learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [82, 123] },
      model: { name: 'skipnet-cifar-resnet110' },
      gating: { ...skipNetGating, openingRate: 0.5 },
    },
    {
      name: 'cifar100-skipnet-resnet110-reinforced',
      description: 'A trained SkipNet-110 whose gates learn by rewards, as its authors trained it on CIFAR',
      ...skipNet,
      epochs: 26,
      learningRate: { kind: 'constant', from: 1e-4 },
      model: { name: 'skipnet-cifar-resnet110' },
      gating: skipNetReinforced,
      fineTuning: {},
    },
    {
      name: 'imagenet-slimmable-resnet50',
      description: 'S-ResNet-50 of four widths, as its authors trained it on ImageNet',
      data: 'imagenet',
      epochs: 100,
      batchSize: 256,
      augmentation: 'random-resized-crop',
      optimiser: { momentum: 0.9, nesterov: true, weightDecay: 1e-4, decay: [...slimmableDecay] },
      learningRate: { kind: 'step', from: 0.1, factor: 0.1, atEpochs: [30, 60, 90] },
      model: { name: 'resnet50' },
      ...slimmableWidths,
    },
    {
      name: 'imagenet-slimmable-mobilenetv2',
      description:
        'S-MobileNetV2 of four widths, 480 epochs at 0.045 · 0.98^epoch, as its authors trained it on ImageNet',
      data: 'imagenet',
      epochs: 480,
      batchSize: 256,
      augmentation: 'random-resized-crop',
      optimiser: { momentum: 0.9, nesterov: true, weightDecay: 4e-5, decay: [...slimmableDecay] },
      learningRate: {
        kind: 'step',
        from: 0.045,
        factor: 0.98,
        atEpochs: Array.from({ length: 479 }, (_, epoch) => epoch + 1),
      },
      model: { name: 'mobilenetv2' },
      slimmable: { widths: [0.35, 0.5, 0.75, 1] },
    },
    {
      name: 'imagenet-pruned-resnet50',
      description:
        'A trained ResNet-50 pruned to 0.7 of its MACs by Taylor scores of 2016, 25 epochs as their authors fine-tuned in 2019',
      ...taylorImagenet,
      model: { name: 'resnet50' },
      pruning: { macsRatio: 0.7 },
    },
    {
      name: 'slimmable-cifar-resnet20',
      description: 'CIFAR-100, ResNet-20 of the widths 0.25, 0.5, 0.75 and 1 in one, 5 epochs',
      ...small,
      model: { name: 'cifar-resnet20' },
      ...slimmableWidths,
    },
    {
      name: 'convnet-aig-cifar-resnet20',
      description: 'CIFAR-100, ConvNet-AIG of a ResNet-20, t = 0.6 falling from 1, 5 epochs',
      ...small,
      model: { name: 'convnet-aig-cifar-resnet20' },
      gating: {
        ...convnetAigGating,
        targetRate: 0.6,
        layerTargets: 'same',
        targetFallUntil: 0.5, // as for the other short recipes
        noiseOffAfter: 0.8,
      },
    },
    {
      name: 'skipnet-cifar-resnet20',
      description:
        'CIFAR-100, SkipNet of a trained cifar-resnet20 with hard gates, 5 epochs; then …-reinforced',
      ...small,
      learningRate: { kind: 'cosine', from: 0.02 },
      model: { name: 'skipnet-cifar-resnet20' },
      gating: skipNetGating,
      fineTuning: {},
    },
    {
      name: 'skipnet-cifar-resnet20-reinforced',
      description: 'CIFAR-100, a trained skipnet-cifar-resnet20 whose gates learn by rewards, 5 epochs',
      ...small,
      learningRate: { kind: 'cosine', from: 0.005 },
      model: { name: 'skipnet-cifar-resnet20' },
      gating: skipNetReinforced,
      fineTuning: {},
    },
    {
      name: 'cifar-resnet20',
      description: 'CIFAR-100, ResNet-20, 5 epochs',
      ...small,
      model: { name: 'cifar-resnet20' },
    },
    {
      name: 'dmnn-cifar-resnet20-n2',
      description: 'CIFAR-100, ResNet-20 of 2 sub-blocks a block, t = 0.6 falling from 1, 5 epochs',
      ...small,
      model: { name: 'dmnn-cifar-resnet20-n2' },
      gating: shortGating,
    },
    {
      name: 'dmnn-cifar-resnet20-n2-from-static',
      description: 'CIFAR-100, a trained cifar-resnet20 divided in 2 sub-blocks a block, t = 0.6, 3 epochs',
      ...small,
      epochs: 3,
      model: { name: 'dmnn-cifar-resnet20-n2' },
      gating: shortGating,
      fineTuning: {},
    },
    {
      name: 'dmnn-cifar-resnet20-n2-contribution',
      description:
        'CIFAR-100, a trained cifar-resnet20 divided in 2 sub-blocks a block, gates learn what these contribute, 3 epochs',
      ...small,
      ...byContribution,
      epochs: 3,
      model: { name: 'dmnn-cifar-resnet20-n2', blockBias: true },
    },
    {
      name: 'pruned-cifar-resnet20',
      description: 'CIFAR-100, a trained cifar-resnet20 pruned to 0.6 of its MACs by Taylor scores, 5 epochs',
      ...small,
      learningRate: { kind: 'cosine', from: 0.02 }, // it has learned already
      model: { name: 'cifar-resnet20' },
      pruning: { macsRatio: 0.6, channelsPerRound: 10 }, // of 336
    },
    {
      name: 'dmnn-cifar-resnet50-n2-from-static',
      description:
        'CIFAR-100, a trained cifar-resnet50 divided in 2 sub-blocks a block and taught by it, t = 0.6, 10 epochs',
      ...small,
      epochs: 10,
      learningRate: { kind: 'cosine', from: 0.02 },
      model: { name: 'dmnn-cifar-resnet50-n2' },
      gating: shortGating,
      fineTuning: { distillation: { temperature: 4, weight: 1 } },
    },
    {
      name: 'demo',
      description: 'Built-in data, a small ResNet, minutes on two cores',
      ...demo,
      model: { name: 'cifar-resnet8-0.5' },
    },
    {
      name: 'demo-shapes',
      description: 'Easy and hard shapes, a small ResNet, a minute on two cores',
      data: 'shapes',
      epochs: 1,
      batchSize: 16, // the images are as many as are wanted, and steps are what so short a run lacks
      augmentation: 'none',
      optimiser: { momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
      learningRate: { kind: 'cosine', from: 0.05 },
      model: { name: 'cifar-resnet8-0.5' },
    },
    {
      name: 'demo-dynamic',
      description: 'Built-in data, the small ResNet of 2 sub-blocks a block, t = 0.6',
      ...demo,
      model: { name: 'dmnn-cifar-resnet8-0.5-n2' },
      gating: shortGating,
    },
    {
      name: 'demo-contribution',
      description: 'Built-in data, a trained network of demo divided, gates learn what sub-blocks contribute',
      ...demo,
      ...byContribution,
      model: { name: 'dmnn-cifar-resnet8-0.5-n2', blockBias: true },
    },
  ];
}

/**
 * Names of the recipes that come with the package.
 *
 * @example
 * ```ts
 * import { recipeNames } from '@dmnn/runs';
 *
 * console.log(recipeNames().includes('cifar-resnet20')); // => true
 * ```
 */
export function recipeNames(): string[] {
  return sources().map(({ name }) => name);
}

/**
 * A recipe that comes with the package, complete.
 *
 * @throws RecipeError with code DMNN_UNKNOWN_RECIPE and near names, if there is none of that name
 * @example
 * ```ts
 * import { recipeNamed } from '@dmnn/runs';
 *
 * const recipe = recipeNamed('dmnn-cifar-resnet20-n2');
 * console.log(recipe.epochs, recipe.batchSize, recipe.gating?.targetRate); // => 5 128 0.6
 * ```
 */
export function recipeNamed(name: string): Recipe {
  const source = sources().find((one) => one.name === name);
  if (source) return parseRecipe(source);
  const near = closestNames(name, recipeNames());
  const remedy =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known are ${recipeNames().join(', ')}`;
  throw new RecipeError(`recipe ${name}`, [`there is none of that name, ${remedy}`], 'DMNN_UNKNOWN_RECIPE');
}
