import { closeIfFailsSync } from '@dmnn/foundation';
import { slimmable } from '@dmnn/backbones';
import { countNetwork } from '@dmnn/flops';
import type { Network } from '@dmnn/network';
import type { Recipe } from '@dmnn/runs';
import type { Weights } from '@dmnn/weights';
import type * as tf from '@tensorflow/tfjs-core';
import { type EvaluateOptions, evaluate } from '../../evaluate/evaluate.js';
import type { WidthEvaluation } from '../../evaluate/width-evaluation.js';
import type { Companions, TrainedNetwork } from '../../train/companions.js';
import { type PartsSum, addGradients } from '../../train/parts-sum.js';
import { NarrowNetwork } from './narrow-network.js';

/**
 * The narrow widths of a slimmable network, widest first, trained along with the network of width 1.
 *
 * @see Yu et al. 2018, Slimmable Neural Networks (arXiv 1812.08928), Algorithm 1
 */
export class SlimmableNetworks implements Companions {
  readonly narrow: readonly NarrowNetwork[];
  readonly trainable: ReadonlyMap<string, tf.Variable>;
  readonly moving: ReadonlyMap<string, tf.Variable>;
  readonly #widest: Network;

  /** @param narrow - slices of the widest network; disposed with this */
  constructor(widest: Network, narrow: readonly NarrowNetwork[]) {
    this.#widest = widest;
    this.narrow = narrow;
    this.trainable = new Map(narrow.flatMap((one) => one.ownVariables('trainable')));
    this.moving = new Map(narrow.flatMap((one) => one.ownVariables('moving')));
  }

  /** Each width with its own batch norms: together, the gradient of the sum of all widths' losses. */
  gradientsOf<Name extends string>(
    gradients: Map<string, tf.Tensor>,
    sumOfParts: (trained: TrainedNetwork) => PartsSum<Name>,
  ): PartsSum<Name>['numbers'][] {
    const numbers: PartsSum<Name>['numbers'][] = [];
    closeIfFailsSync(
      () => {
        for (const one of this.narrow) {
          one.takeSlices();
          const sum = sumOfParts(one.trained());
          numbers.push(sum.numbers);
          addGradients(gradients, one.widened(sum.gradients));
        }
      },
      () => {
        for (const { tensor } of numbers.flat()) tensor.dispose();
      },
    );
    return numbers;
  }

  async extraEvaluations(options: Omit<EvaluateOptions, 'network'>): Promise<WidthEvaluation[]> {
    const { imageSizePx } = options.dataset;
    const widestMacs = countNetwork(this.#widest.architecture, { imageSizePx }).macs;
    const evaluations: WidthEvaluation[] = [];
    for (const one of this.narrow) {
      one.takeSlices();
      const { error, cost } = await evaluate({
        ...options,
        network: one.network,
      });
      evaluations.push({
        width: one.width,
        top1ErrorPercent: error.top1ErrorPercent,
        classificationLoss: error.classificationLoss,
        macs: cost.meanMacs,
        macsRatio: cost.meanMacs / widestMacs,
      });
    }
    return evaluations;
  }

  async weights(): Promise<Weights> {
    const all = await Promise.all(this.narrow.map((one) => one.ownWeights()));
    return new Map(all.flatMap((own) => [...own]));
  }

  load(weights: Weights): void {
    for (const one of this.narrow) one.loadOwn(weights);
  }

  dispose(): void {
    for (const one of this.narrow) one.dispose();
  }
}

/**
 * The narrow widths of a recipe's slimmable network; undefined if it has none.
 *
 * @param widest - the network of width 1
 */
export function slimmableNetworks(
  widest: Network,
  recipe: Pick<Recipe, 'model' | 'slimmable'>,
  data: { readonly imageSizePx: number },
): SlimmableNetworks | undefined {
  if (!recipe.slimmable) return undefined;
  const { widths, networks } = slimmable(recipe.model.name, {
    widths: recipe.slimmable.widths,
    classes: widest.architecture.head.classes,
    imageSizePx: data.imageSizePx,
  });
  const narrow: NarrowNetwork[] = [];
  closeIfFailsSync(
    () => {
      for (const [index, architecture] of networks.slice(0, -1).entries())
        narrow.unshift(new NarrowNetwork(widest, { width: widths[index] as number, architecture }));
    },
    () => {
      for (const one of narrow) one.dispose();
    },
  );
  return narrow.length > 0 ? new SlimmableNetworks(widest, narrow) : undefined;
}
