import {
  type CascadeSettings,
  FEWEST_CALIBRATION_IMAGES,
  type Logits,
  calibrationError,
  nextAnswer,
} from '@dmnn/confidence';
import { isDmnnError } from '@dmnn/foundation';
import { describeConventions, paperConventions } from '@dmnn/flops';
import type { CascadeCurvePoint, CascadeReportData, CascadeResult, StageReport } from '@dmnn/report';
import { type Cascade, type OpenedNetworkData, cascadeStages, partNames } from '@dmnn/runs';
import { uncalibratedStages } from '@dmnn/trainer';
import { stageName } from '../../../text/stage-name.js';
import { reachOf } from '../eval-cascade/assert-feasible.js';
import { type CascadeFinding, type PartOutputs, findCascade } from '../eval-cascade/cascade-findings.js';

/** What a page says besides the figures. */
export interface CascadeReportFacts {
  readonly title: string;
  readonly data: string;
  /** Multiply–accumulates of the last network, undivided. */
  readonly lastMacs: number;
}

/** Points of the curve, from the cost of the first stage to that of all. */
const CURVE_POINTS = 12;

const inWords = {
  by: {
    probability: 'the largest probability',
    margin: 'the margin between the two largest probabilities',
    entropy: 'one less the entropy as a share of the largest possible',
  },
  combine: {
    last: 'the probabilities of the last stage that ran',
    mean: 'the mean of the probabilities of all stages that ran',
  },
} as const;

/**
 * A saved cascade as the data of a page.
 *
 * @param outputs - what all stages say of all test images
 */
export function cascadeReport(
  { parts, settings }: Cascade<OpenedNetworkData>,
  outputs: PartOutputs,
  { title, data, lastMacs }: CascadeReportFacts,
): CascadeReportData {
  const finding = findCascade(outputs, { unit: 'share', settings, control: true });
  const curve = curveOf(outputs, settings);
  return {
    ...{ format: 1, kind: 'cascade', title, data, undividedMacs: lastMacs },
    conventions: describeConventions(paperConventions),
    images: finding.wrong.length,
    by: inWords.by[settings.by],
    combine: inWords.combine[settings.combine],
    stages: stagesOf(parts, outputs, settings, finding),
    result: resultOf(finding),
    curve,
    curveChosen:
      curve.length === 0
        ? ''
        : 'Thresholds of the line, with temperatures, were chosen on one half of the test images and measured on the other, both ways round.',
    remarks:
      curve.length === 0
        ? [
            `Other thresholds were not tried, since that takes at least ${2 * FEWEST_CALIBRATION_IMAGES} test images.`,
          ]
        : [],
  };
}

function resultOf({ errorPercent, meanMacs, control }: CascadeFinding): CascadeResult {
  const { error, difference, errorPercent: controlErrorPercent } = control as NonNullable<typeof control>;
  const [low, high] = difference.interval;
  return {
    topOneErrorPercent: errorPercent,
    halfWidthPercent: 100 * error.halfWidth,
    meanMacs,
    control: {
      topOneErrorPercent: controlErrorPercent,
      difference: 100 * difference.difference,
      interval: [100 * low, 100 * high],
    },
  };
}

function stagesOf(
  parts: readonly OpenedNetworkData[],
  { test }: PartOutputs,
  { temperatures, thresholds }: CascadeSettings,
  { stage, wrong, shares }: CascadeFinding,
): StageReport[] {
  const labels = test[0]?.labels ?? new Int32Array();
  const places = cascadeStages(parts);
  const names = partNames(parts);
  let macs = 0; // until the stage, of all images
  let before = 0; // of networks that have ended
  return uncalibratedStages(test).map(({ logits, cost }, at): StageReport => {
    const costs = cost as readonly number[];
    macs += costs.reduce((sum, each) => sum + each, 0) / costs.length;
    const { part, exit } = places[at] as (typeof places)[number];
    const aloneMacs = macs - before;
    if (exit === undefined) before = macs;
    const own = Array.from(stage.keys()).filter((row) => stage[row] === at);
    const errors = own.reduce((sum, row) => sum + (wrong[row] as number), 0);
    const temperature = temperatures[at] as number;
    const [raw, calibrated] = [1, temperature].map((t) => reliabilityOf(logits, labels, t)) as [
      ReturnType<typeof reliabilityOf>,
      ReturnType<typeof reliabilityOf>,
    ];
    return {
      name: stageName(names[part] ?? '', exit),
      share: shares[at] as number,
      topOneErrorPercent: own.length === 0 ? null : (100 * errors) / own.length,
      ...{ aloneErrorPercent: raw.errorPercent, aloneMacs, macs },
      ...{ threshold: thresholds[at] ?? null, temperature },
      calibrationError: { before: raw.expected, after: calibrated.expected },
      bins: calibrated.bins,
    };
  });
}

function reliabilityOf(
  logits: Logits,
  labels: Int32Array,
  temperature: number,
): ReturnType<typeof calibrationError> & { readonly errorPercent: number } {
  const { predicted, confidence } = nextAnswer(undefined, logits, temperature);
  const right = predicted.map((each, row) => Number(each === labels[row]));
  const errorPercent = 100 * (1 - right.reduce((sum, each) => sum + each, 0) / right.length);
  return { ...calibrationError({ confidences: confidence, right }), errorPercent };
}

/** Chosen by halves at budgets from the cost of the first stage to that of all. */
function curveOf({ test }: PartOutputs, { by, combine }: CascadeSettings): CascadeCurvePoint[] {
  if ((test[0]?.labels.length ?? 0) < 2 * FEWEST_CALIBRATION_IMAGES) return [];
  const { lowest, highest } = reachOf({ test }, 'share', 1);
  const budgets = Array.from(
    { length: CURVE_POINTS },
    (_, at) => lowest + ((highest - lowest) * at) / (CURVE_POINTS - 1),
  );
  return budgets.flatMap((budget): CascadeCurvePoint[] => {
    try {
      const aim = { budget };
      const { meanMacs, errorPercent, control } = findCascade({ test }, { unit: 'share', aim, by, combine, control: true }); // prettier-ignore
      const controlErrorPercent = control?.errorPercent ?? errorPercent;
      return [{ meanMacs, topOneErrorPercent: errorPercent, controlErrorPercent }];
    } catch (error) {
      if (isDmnnError(error, 'DMNN_BUDGET')) return [];
      throw error;
    }
  });
}
