/** The values of an epoch that a test cares about; all others get arbitrary values. */
export interface EpochLineOptions {
  readonly epoch: number;
  readonly step?: number;
  /** Measured with the noise of training. @defaultValue null */
  readonly trainingRate?: number | null;
  /** Results of the evaluation; absent if the epoch was not evaluated. */
  readonly evaluation?: Partial<EpochLineEvaluation>;
  readonly widths?: readonly Partial<EpochLineWidth>[];
}

interface EpochLineEvaluation {
  readonly images: number;
  readonly topOneErrorPercent: number;
  readonly classificationLoss: number;
  readonly meanMacs: number;
  readonly macsRatio: number;
  readonly executionRate: number | null;
  readonly executionRates: readonly (readonly number[])[];
}

interface EpochLineWidth {
  readonly width: number;
  readonly topOneErrorPercent: number;
  readonly classificationLoss: number;
  readonly macs: number;
  readonly macsRatio: number;
}

/** A complete line of kind `epoch`, as in `metrics.jsonl`. */
export interface EpochLine {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly step: number;
  readonly training: {
    readonly topOneErrorPercent: number;
    readonly loss: Readonly<Record<LossTerm, number>>;
    readonly executionRate: number | null;
  };
  readonly evaluation?: EpochLineEvaluation;
  readonly widths?: readonly EpochLineWidth[];
  readonly best: boolean;
  readonly clock: { readonly time: string };
}

type LossTerm = 'total' | 'classification' | 'category' | 'executionRate' | 'flops' | 'bounds';

/** Completes the values that a test cares about to a full line of a run's log. */
export function epochLine(options: EpochLineOptions): EpochLine {
  const { epoch, step = 10 * (epoch + 1), trainingRate = null, evaluation, widths } = options;
  return {
    kind: 'epoch',
    epoch,
    step,
    training: {
      topOneErrorPercent: 50,
      loss: { total: 2, classification: 2, category: 0, executionRate: 0, flops: 0, bounds: 0 },
      executionRate: trainingRate,
    },
    ...(evaluation && {
      evaluation: {
        images: 100,
        topOneErrorPercent: 50,
        classificationLoss: 2,
        meanMacs: 1e6,
        macsRatio: 1,
        executionRate: null,
        executionRates: [],
        ...evaluation,
      },
    }),
    ...(widths && {
      widths: widths.map((width) => ({
        width: 1,
        topOneErrorPercent: 50,
        classificationLoss: 2,
        macs: 1e6,
        macsRatio: 1,
        ...width,
      })),
    }),
    best: false,
    clock: { time: '2026-11-20T10:00:00.000Z' },
  };
}
