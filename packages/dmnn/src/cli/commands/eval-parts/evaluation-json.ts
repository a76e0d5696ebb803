import type { Evaluation } from '@dmnn/trainer';

/** An evaluation as `--json` prints it. */
export interface EvaluationJson {
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  readonly macsRatio: number;
  readonly executionRates: readonly (readonly number[])[];
  readonly msPerImage: number;
}

/** What of an evaluation is printed. */
export function evaluationJson(evaluation: Evaluation): EvaluationJson {
  const {
    topOneErrorPercent: top1ErrorPercent,
    meanMacs,
    macsRatio,
    executionRates,
    msPerImage,
  } = evaluation;
  return { top1ErrorPercent, meanMacs, macsRatio, executionRates, msPerImage };
}
