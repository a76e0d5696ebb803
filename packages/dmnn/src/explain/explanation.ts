import type { Architecture } from '@dmnn/architecture';
import { countNetwork, countUndivided, flopsTable, fullMacs } from '@dmnn/flops';
import { countText, millisecondsText } from '../text/count-text.js';
import type { Classification } from '../classify/classifier.js';
import { type LikelyClass, likeliestClasses } from '../classify/likeliest-classes.js';

/** Mean cost of an image, and the number of images it was measured on. */
export interface MeanCost {
  readonly macs: number;
  readonly images: number;
}

/** One sub-block, for one image. */
export interface ExplainedSubBlock {
  /** Probability that its controller opens it, from 0 to 1. */
  readonly probability: number;
  readonly ran: boolean;
  /** What it costs if it runs. */
  readonly macs: number;
}

/** One gated block, for one image. */
export interface ExplainedBlock {
  /** `stage0.block0` */
  readonly path: string;
  readonly subBlocks: readonly ExplainedSubBlock[];
  /** Shortcut and controller: run for every image. */
  readonly alwaysMacs: number;
}

/** How a network processed one image: blocks, cost, time and predicted classes. Costs are in multiply–accumulates. */
export interface Explanation {
  /** Name of the image, such as its file. */
  readonly image: string;
  /** The architecture's name. */
  readonly model: string;
  /** The gated blocks, in the order in which an image passes them; empty for a static network. */
  readonly blocks: readonly ExplainedBlock[];
  readonly macs: number;
  /** With all gates open. */
  readonly fullMacs: number;
  /** Of the backbone that the network was divided from. */
  readonly undividedMacs: number;
  /** Mean cost of test images; null without an evaluation. */
  readonly mean: MeanCost | null;
  readonly milliseconds: number;
  /** The likeliest classes, likeliest first. */
  readonly classes: readonly LikelyClass[];
}

/** Input of {@link explanationOf} in addition to the classification. */
export interface ExplainedWith {
  readonly architecture: Architecture;
  /** Name of the image, such as its file. */
  readonly image: string;
  readonly classNames?: readonly string[] | undefined;
  readonly mean?: MeanCost | undefined;
  /** How many classes. @defaultValue 5 */
  readonly top?: number | undefined;
}

/**
 * Explains a classification: block by block, its cost against the possible cost.
 *
 * @throws RangeError if the classification has no gate probabilities
 */
export function explanationOf(classification: Classification, what: ExplainedWith): Explanation {
  const { architecture, image, classNames, mean = null, top = 5 } = what;
  const { logits, gates, gateProbabilities, macs, milliseconds } = classification;
  if (!gateProbabilities) {
    throw new RangeError(
      'gateProbabilities: expected the probability of every gate, got none. Run the network on TensorFlow.js.',
    );
  }
  const count = countNetwork(architecture);
  const gated = count.blocks.filter(({ blockIndex }) => blockIndex !== undefined);
  return {
    image,
    model: architecture.name,
    blocks: gated.map(({ path, fixedMacs, controllerMacs, subBlocks }, l) => ({
      path,
      alwaysMacs: fixedMacs + controllerMacs,
      subBlocks: subBlocks.map((subBlock, n) => ({
        probability: gateProbabilities[l]?.[n] as number,
        ran: gates[l]?.[n] as boolean,
        macs: subBlock.macs,
      })),
    })),
    macs,
    fullMacs: fullMacs(flopsTable(count)),
    undividedMacs: countUndivided(architecture).macs,
    mean,
    milliseconds,
    classes: likeliestClasses(logits, classNames, top),
  };
}

/** Cost of a block for this image, and with all of its sub-blocks open. */
export function blockCost({ alwaysMacs, subBlocks }: ExplainedBlock): {
  readonly macs: number;
  readonly fullMacs: number;
} {
  const sum = (some: readonly ExplainedSubBlock[]) =>
    some.reduce((total, { macs }) => total + macs, alwaysMacs);
  return { macs: sum(subBlocks.filter(({ ran }) => ran)), fullMacs: sum(subBlocks) };
}

/** `The image cost 31.990 M multiply-accumulates, 10.2 % less than the mean of 10000 test images.` */
export function costSentence({ macs, mean }: Explanation): string {
  const cost = `The image cost ${countText(macs)} multiply-accumulates`;
  if (!mean) return `${cost}; the mean cost of test images is not recorded.`;
  const share = macs / mean.macs - 1;
  const amount = Math.abs(100 * share).toFixed(1);
  const word = amount === '0.0' ? 'as much as' : `${amount} % ${share < 0 ? 'less' : 'more'} than`;
  return `${cost}, ${word} the mean of ${mean.images} test images.`;
}

/** `11 of 18 sub-blocks ran, in 4.1 ms.` */
export function runSentence(explanation: Explanation): string {
  const time = millisecondsText(explanation.milliseconds);
  const subBlocks = explanation.blocks.flatMap((block) => block.subBlocks);
  if (subBlocks.length === 0) return `A static network: all of it runs for every image, in ${time}.`;
  return `${subBlocks.filter(({ ran }) => ran).length} of ${subBlocks.length} sub-blocks ran, in ${time}.`;
}

/** A cost that is drawn for comparison. */
export interface ComparedCost {
  readonly what: string;
  readonly macs: number;
}

/** This image's cost, the mean if it is known, all open, and the undivided backbone's. */
export function comparedCosts({ macs, mean, fullMacs: full, undividedMacs }: Explanation): ComparedCost[] {
  return [
    { what: 'this image', macs },
    ...(mean ? [{ what: 'mean of test images', macs: mean.macs }] : []),
    { what: 'all sub-blocks open', macs: full },
    { what: 'undivided backbone', macs: undividedMacs },
  ];
}
