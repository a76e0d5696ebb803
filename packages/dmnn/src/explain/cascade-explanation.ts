import type { CascadeSettings } from '@dmnn/confidence';
import { printable } from '@dmnn/foundation';
import type { Classification } from '../classify/classifier.js';
import { type LikelyClass, classLabel, likeliestClasses } from '../classify/likeliest-classes.js';
import { countText, millisecondsText, percentText } from '../text/count-text.js';
import { tableText } from '../text/table-text.js';

/** A stage of a cascade, for one image. */
export interface ExplainedStage {
  /** `exit 0 of cifar-resnet20` */
  readonly name: string;
  /** What the cascade would answer here; null if the image stopped before. */
  readonly answer: LikelyClass | null;
  readonly confidence: number | null;
  /** From which confidence an image stops here; null for the last stage. */
  readonly threshold: number | null;
  /** Multiply–accumulates until here; null if the image stopped before. */
  readonly macs: number | null;
}

/** How a cascade processed one image. */
export interface CascadeExplanation {
  readonly image: string;
  readonly model: string;
  /** The stage that answered, from 0. */
  readonly stage: number;
  readonly stages: readonly ExplainedStage[];
  readonly settings: Pick<CascadeSettings, 'by' | 'combine'>;
  readonly macs: number;
  /** Of the last network, undivided. */
  readonly undividedMacs: number;
  readonly milliseconds: number;
  /** The likeliest classes, likeliest first. */
  readonly classes: readonly LikelyClass[];
}

/** Input of {@link cascadeExplanationOf} in addition to the classification. */
export interface ExplainedCascade {
  readonly image: string;
  readonly name: string;
  readonly stageNames: readonly string[];
  readonly settings: CascadeSettings;
  readonly undividedMacs: number;
  readonly classNames?: readonly string[] | undefined;
  readonly top: number;
}

/** Explains a classification: stage by stage, what it answered, how sure it was, and what it cost. */
export function cascadeExplanationOf(
  { logits, macs, milliseconds, stages = [] }: Classification,
  { image, name, stageNames, settings, undividedMacs, classNames, top }: ExplainedCascade,
): CascadeExplanation {
  const { by, combine, thresholds } = settings;
  return {
    ...{ image, model: name, stage: stages.length - 1 },
    stages: stageNames.map((stageName, at) => {
      const reached = stages[at];
      return {
        name: stageName,
        answer: reached ? answerOf(reached.probabilities, classNames) : null,
        confidence: reached?.confidence ?? null,
        threshold: thresholds[at] ?? null,
        macs: reached?.macs ?? null,
      };
    }),
    settings: { by, combine },
    ...{ macs, undividedMacs, milliseconds, classes: likeliestClasses(logits, classNames, top) },
  };
}

function answerOf(probabilities: Float64Array, classNames: readonly string[] | undefined): LikelyClass {
  const [likeliest] = likeliestClasses(Float32Array.from(probabilities, Math.log), classNames, 1);
  return likeliest as LikelyClass;
}

/** A confidence in percent, with digits that tell it from certainty: `87.1 %`, `99.980 %`. */
export function sureText(confidence: number): string {
  const isNearlyCertain = confidence > 0.99 && confidence < 1;
  return isNearlyCertain ? `${(100 * confidence).toFixed(3)} %` : percentText(confidence);
}

/** Where the image stopped, and why. */
export function stopSentence({ stage, stages }: CascadeExplanation): string {
  const { name, threshold, confidence } = stages[stage] as ExplainedStage;
  const why =
    threshold === null
      ? 'no stage before was sure enough'
      : `${sureText(confidence ?? 0)} sure, at least ${sureText(threshold)}`;
  return `It stopped at stage ${stage + 1} of ${stages.length}, ${name}: ${why}.`;
}

/** What it cost. */
export function cascadeCostSentence({ macs, undividedMacs, milliseconds }: CascadeExplanation): string {
  return `It cost ${countText(macs)} multiply-accumulates, ${percentText(macs / undividedMacs)} of the last network's, in ${millisecondsText(milliseconds)}.`;
}

/** The explanation in lines of a terminal: a line for each stage, then classes. */
export function cascadeExplanationText(explanation: CascadeExplanation): string {
  const { image, model, stage, stages, settings, classes } = explanation;
  const right = { align: 'right' as const };
  return [
    `${printable(image, Infinity)}, classified by ${printable(model, Infinity)}`,
    '',
    printable(stopSentence(explanation), Infinity),
    cascadeCostSentence(explanation),
    '',
    tableText(
      [
        { head: 'stage' },
        { head: 'answer' },
        { head: `confidence (${settings.by})`, ...right },
        { head: 'stops from', ...right },
        { head: 'MACs until here', ...right },
        { head: '' },
      ],
      stages.map((each, at) => [
        printable(each.name),
        each.answer ? printable(classLabel(each.answer)) : 'did not run',
        each.confidence === null ? '' : sureText(each.confidence),
        each.threshold === null ? 'always' : sureText(each.threshold),
        each.macs === null ? '' : countText(each.macs),
        at === stage ? 'stopped here' : '',
      ]),
    ),
    '',
    settings.combine === 'mean' && stage > 0
      ? 'Each answer is the mean of the probabilities of all stages so far.'
      : "Each answer is the stage's own.",
    '',
    tableText(
      [{ head: 'class' }, { head: 'probability', ...right }],
      classes.map((each) => [printable(classLabel(each)), percentText(each.probability)]),
    ),
  ].join('\n');
}
