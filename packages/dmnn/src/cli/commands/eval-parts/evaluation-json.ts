import type { Evaluation } from '@dmnn/trainer';

/** An evaluation as `--json` prints it. */
export interface EvaluationJson {
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  readonly macsRatio: number;
  readonly executionRates: readonly (readonly number[])[];
  readonly msPerImage: number;
  /** `[e]`: what each exit does, as if every image left there; absent without exits. */
  readonly exits?: Evaluation['exits'];
}

/** The fields of an evaluation that `--json` prints. */
export function evaluationJson({ error, cost, gates, timing, exits }: Evaluation): EvaluationJson {
  return {
    top1ErrorPercent: error.top1ErrorPercent,
    meanMacs: cost.meanMacs,
    macsRatio: cost.macsRatio,
    executionRates: gates.executionRates,
    msPerImage: timing.msPerImage,
    ...(exits && { exits }),
  };
}
