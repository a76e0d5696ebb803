import type { Controller } from '@dmnn/architecture';
import type { PerSubBlock } from '@dmnn/weights';
import type { PolicyRecipe } from './policy-recipe.js';

/** Which network: a name of `@dmnn/backbones`, and what its maker takes in addition to the data's classes and image size. */
export interface ModelRecipe {
  /** As in `dmnn models`: `dmnn-cifar-resnet20-n2`. */
  readonly name: string;
  /** Sub-blocks a block; null: what the name says. */
  readonly subBlocks: number | null;
  /** How wide sub-blocks are; null: the subdivider's default. */
  readonly widths: 'paper' | 'solver' | 'share' | 'lanes' | readonly number[] | null;
  /** What decides about the sub-blocks; null: the paper's controller. */
  readonly controller: Controller | null;
  /**
   * Whether divided blocks have a bias that is added whatever is open. Divided out of a trained network it starts with what
   * the sub-blocks give on average. Absent: they have none.
   */
  readonly blockBias?: boolean | undefined;
}

/** Stochastic gradient descent; see `Sgd`. */
export interface OptimiserRecipe {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** Roles of the variables that decay: `convolution`, `linear`, `gamma`, … or `all`; `dense-convolution`: no depth-wise one. */
  readonly decay: readonly string[];
}

/** How the learning rate goes, in epochs; it is applied step by step. */
export type LearningRateRecipe =
  | { readonly kind: 'constant'; readonly from: number; readonly warmUpEpochs: number }
  | { readonly kind: 'cosine'; readonly from: number; readonly to: number; readonly warmUpEpochs: number }
  | {
      readonly kind: 'step';
      readonly from: number;
      readonly factor: number;
      readonly atEpochs: readonly number[];
      readonly warmUpEpochs: number;
    };

/** How gates are trained. Shares of training are numbers from 0, its start, to 1, its end. */
export interface GatingRecipe {
  /** t of Eq. 12 and 14, in (0, 1], unless `targetOf` says otherwise. */
  readonly targetRate: number;
  /**
   * The quantity that `targetRate` is a target for. Where part of the cost is fixed, Eq. 12 and 14 with one t pull apart, and gates come to a
   * lower rate and a higher cost than t. `rate`: gates should be open at that rate; `flops`: an image should cost that share
   * of the network's MACs; t is then the one whose joint optimum (`targetForOptimum` of `@dmnn/losses`) that is. Absent or
   * `both`: it is t, as in the paper.
   */
  readonly targetOf?: 'both' | 'rate' | 'flops' | undefined;
  /**
   * Share of training until which every gate is open and nothing is asked of rates, so that the network learns as the
   * undivided one does. Then gates begin to decide, at `openingRate`. Absent: from the first step, as in the paper.
   */
  readonly gatesOpenUntil?: number | undefined;
  /**
   * Share of training until which the target falls from 1 to `targetRate`, from when gates decide; 0, the paper's, has it
   * in force at once.
   */
  readonly targetFallUntil: number;
  /**
   * ConvNet-AIG's loss in place of Eq. 12 and 14: the mean over all blocks of (t_l − r_l)². One t_l for each block of the
   * network, gated or not, in order: 1 where there is no gate; a gated block of t_l = 1 is left to itself, as in its
   * authors' code. `same`: `targetRate` for each gated block. Absent: the paper's losses, of one target for all.
   */
  readonly layerTargets?: 'same' | readonly number[] | undefined;
  /** λ: weight of the resource loss. The paper's value is unknown; ConvNet-AIG uses 1 to 2. */
  readonly resourceWeight: number;
  /** Share of training until which the resource weight rises from 0, from when gates decide; 0 has it constant. */
  readonly resourceRiseUntil: number;
  /**
   * Share of gates that are open when they begin to decide, in (0, 1), as numbers for `createNetwork`. `in-turn`:
   * `targetRate` on average, as many as possible nearly always, the others for a fifth of the images (`openingInTurn` of
   * `@dmnn/gating`); it wants no `bounds`, which would have all blocks alike.
   */
  readonly openingRate: PerSubBlock | 'in-turn';
  /**
   * The last γ of each sub-block at the start, as numbers for `createNetwork`. 0: it adds nothing until it has learned
   * something. `first`: 1 for those that are first in turn, which most images run at the start, 0 for the others. Absent: 1
   * for all, as in the paper.
   */
  readonly openingScale?: PerSubBlock | 'first' | undefined;
  /** How gates are computed from logits. Absent: `sampled`, the paper's. */
  readonly policy?: PolicyRecipe | undefined;
  /**
   * Gates learn to predict what their sub-blocks contribute, in place of deciding by chance and a loss on rates: the trunk stays as it is,
   * with all gates open, and each controller learns the logarithm of the norm of what its sub-blocks give for an image (`norm`),
   * or of the first-order change of the loss without them (`loss`), over their cost. A threshold on gates, `dmnn eval --budgets`, then
   * opens what contributes most for its cost; without one, gates open for about the cost of `targetRate`. Needs a trained network and
   * `fineTuning.trainable: 'controllers'`; settings of losses on rates, noise and temperature mean nothing with it. Absent: as in the
   * paper.
   */
  readonly regression?: { readonly of: 'norm' | 'loss' } | undefined;
  /** Temperature of Eq. 8. */
  readonly temperature: {
    readonly kind: 'constant' | 'linear' | 'exponential';
    readonly from: number;
    /** At the end of training; `constant` stays at `from`. */
    readonly to: number;
  };
  /** Share of training after which gates are trained without noise; 1: never. dynconv takes 0.8. */
  readonly noiseOffAfter: number;
  /**
   * Share of training after which gates are those of evaluation, without noise and gradient: what decides about them learns
   * nothing more but the category, and all else is finished for decisions that hardly move. Absent: never, as in the paper.
   */
  readonly gatesLearnUntil?: number | undefined;
  /**
   * The remedy for blocks that close, or open, altogether: bounds around the target on each block's rate, open wide after a
   * third of training; null for none. They see the mean of a block's sub-blocks, so not that one of them is always open
   * and another never; `noiseOffAfter` and a longer `targetFallUntil` help there.
   */
  readonly bounds: { readonly weight: number } | null;
  /** The category heads and the weight of each gated block's loss, or of each stage's by the paper; null for none. */
  readonly category: { readonly weights: 'paper' | readonly number[] } | null;
}

/** Early classifiers that the model is given, and how they are trained. */
export interface ExitsRecipe {
  /** How many, spread evenly over the blocks, or the blocks after which they stand, from 0. */
  readonly after: number | readonly number[];
  /** Convolutions of each, before its mean and linear layer. */
  readonly convolutions: number;
  /** Weight of the loss of each exit, or of all; the head's is 1. */
  readonly weights: number | readonly number[];
  /**
   * The head teaches the exits: its classes at a temperature, `distillationLoss` times the weight added to the loss of each
   * exit, without gradient for the head; null: exits learn from labels alone.
   *
   * @see Zhang et al. 2019, Be Your Own Teacher (arXiv 1905.08094) §3.1
   */
  readonly distillation: { readonly temperature: number; readonly weight: number } | null;
}

/** What the learning rate of each part is multiplied by, above 0; a part that is left out learns at the recipe's rate. */
export interface LearningRateFactors {
  /** All that is in no other part: stem, blocks, shortcuts. */
  readonly trunk?: number | undefined;
  /** What decides about sub-blocks, and the category heads. */
  readonly controllers?: number | undefined;
  readonly exits?: number | undefined;
  /** What turns the last block's output into logits. */
  readonly head?: number | undefined;
}

/** How a run that starts from the weights of another trains: `dmnn train --from`. */
export interface FineTuningRecipe {
  /**
   * `controllers`: what decides about sub-blocks, and the category heads. All else stays as it is, without gradient and
   * decay, and every batch norm uses its moving statistics. `exits`: the exits alone, all else as it is; their own batch norms
   * use those of the batch. `head`: what turns the last block's output into logits, and the category heads.
   */
  readonly trainable: 'all' | 'controllers' | 'exits' | 'head';
  /** How fast parts learn: a trained trunk at a tenth of the rate of a new head, with `{ trunk: 0.1 }`. Absent: all alike. */
  readonly learningRateFactors?: LearningRateFactors | undefined;
  /**
   * Which hidden channels of a trained block go to which sub-block: `importance` has those that matter most in the first,
   * `contiguous` leaves them as they are. Absent: `contiguous`.
   */
  readonly channelOrder?: 'contiguous' | 'importance' | undefined;
  /** Training images by which the batch norms of divided weights are given means and variances; 0: none. */
  readonly calibrationImages: number;
  /**
   * The network that the run begins with teaches: its classes at a temperature, `distillationLoss` times the weight added
   * to the loss; null for none.
   */
  readonly distillation: { readonly temperature: number; readonly weight: number } | null;
}

/** How a run prunes the network that it starts from, with `prune`, before the first step. */
export interface PruningRecipe {
  /** Where pruning stops: multiply–accumulates of an image over those of the whole network, in (0, 1). */
  readonly macsRatio: number;
  /** How the importance of a channel is measured: Taylor scores of 2016 (`activation`) or of 2019 (`gate`). */
  readonly criterion: 'activation' | 'gate';
  /** Channels removed between two scores. */
  readonly channelsPerRound: number;
  /** Steps of training before every score, and after the last removal. */
  readonly stepsPerRound: number;
  /** Batches of training images that are scored each round. */
  readonly scoredBatches: number;
  /** Images of a batch while it prunes. */
  readonly batchSize: number;
  /** Of the training between scores, constant. */
  readonly learningRate: number;
}

/**
 * Everything that determines what a training run computes, apart from the data itself: plain data, written into the run's
 * `config.json`.
 */
export interface Recipe {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /**
   * The data set that the recipe is for: `built-in`, `shapes`, `cifar10`, `cifar100` or `imagenet`, or `folder`, images of one's own. Any
   * data set of the same kind of images works.
   */
  readonly data: 'built-in' | 'shapes' | 'cifar10' | 'cifar100' | 'imagenet' | 'folder';
  /** Decides initial weights, order, augmentation and noise. */
  readonly seed: number;
  readonly model: ModelRecipe;
  readonly epochs: number;
  /** Images of an optimiser step. */
  readonly batchSize: number;
  /** Parts that a batch is computed in, one after another, to save memory; divides `batchSize`. */
  readonly accumulation: number;
  /** `pad-crop-flip` is for small images, `random-resized-crop` for image files as well. */
  readonly augmentation: 'pad-crop-flip' | 'random-resized-crop' | 'none';
  /** Width and height of what image files are cropped and resized to; absent: the data's, 224 for image files. */
  readonly imageSizePx?: number | undefined;
  readonly optimiser: OptimiserRecipe;
  readonly learningRate: LearningRateRecipe;
  /** Share of the label spread over all classes, in [0, 1). */
  readonly labelSmoothing: number;
  /**
   * Trains several widths of the model at once, with shared weights and batch norms of their own; `model` is the widest.
   * Factors of the channels, rising to 1. Absent: the model alone.
   *
   * @see Yu et al. 2018, Slimmable Neural Networks (arXiv 1812.08928)
   */
  readonly slimmable?: { readonly widths: readonly number[] } | undefined;
  /**
   * Prunes the trained network that the run begins with, which is `model`, and trains what is left; needs one to begin
   * with (`dmnn train --from`). Absent: the network stays whole.
   */
  readonly pruning?: PruningRecipe | undefined;
  /** Absent: the model has no exits. */
  readonly exits?: ExitsRecipe | undefined;
  /** Null for a network without gates. */
  readonly gating: GatingRecipe | null;
  /** Absent: such a run trains everything, after calibration on 512 images, without a teacher. */
  readonly fineTuning?: FineTuningRecipe | undefined;
  readonly evaluation: {
    /** The last epoch is always evaluated. */
    readonly everyEpochs: number;
    readonly batchSize: number;
    readonly execution: 'masked' | 'skipping';
    /**
     * Evaluate with the noise of training on the gates, as ConvNet-AIG's code does: only to repeat its numbers. Absent:
     * without.
     */
    readonly noisyGates?: boolean | undefined;
  };
  readonly checkpoints: {
    /** Optimiser steps between checkpoints within an epoch; 0: only at the end of each epoch. */
    readonly everySteps: number;
    /** How many of the latest stay, at least 2, so that one can be damaged. */
    readonly keep: number;
  };
  readonly log: {
    /** Optimiser steps between lines of `metrics.jsonl`. */
    readonly everySteps: number;
  };
}
