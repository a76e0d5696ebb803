import { countNetwork } from '@dmnn/flops';
import { type EvaluateOptions, evaluate } from '../../evaluate/evaluate.js';
import type { Learner } from '../../train/learner.js';

/** What a narrow width of a slimmable network does on a data set. */
export interface WidthEvaluation {
  /** Factor of the channels. */
  readonly width: number;
  readonly topOneErrorPercent: number;
  /** Cross entropy, mean over the images, in nats. */
  readonly classificationLoss: number;
  /** Multiply–accumulates of an image. */
  readonly macs: number;
  /** `macs` as a share of the widest network's. */
  readonly macsRatio: number;
}

/** Evaluates every narrow width, with the weights of now and its own moving statistics. */
export async function evaluateWidths(
  learner: Pick<Learner, 'network' | 'narrow'>,
  options: Omit<EvaluateOptions, 'network'>,
): Promise<WidthEvaluation[]> {
  const { imageSizePx } = options.dataset;
  const widest = countNetwork(learner.network.architecture, { imageSizePx }).macs;
  const evaluations: WidthEvaluation[] = [];
  for (const one of learner.narrow) {
    one.takeSlices();
    const { topOneErrorPercent, classificationLoss, meanMacs } = await evaluate({
      ...options,
      network: one.network,
    });
    evaluations.push({
      width: one.width,
      topOneErrorPercent,
      classificationLoss,
      macs: meanMacs,
      macsRatio: meanMacs / widest,
    });
  }
  return evaluations;
}
