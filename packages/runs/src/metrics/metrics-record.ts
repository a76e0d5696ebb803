/** Weighted terms of the loss, as they enter the total: of a step, or their means over an epoch. */
export interface LoggedLoss {
  readonly total: number;
  /** Cross entropy of the classes, in nats. */
  readonly classification: number;
  /** Eq. 10; 0 without category heads. */
  readonly category: number;
  /** λ times Eq. 12, or ConvNet-AIG's loss; 0 without gates. */
  readonly executionRate: number;
  /** λ times Eq. 14; 0 without gates. */
  readonly flops: number;
  /** Weighted distance from the widening bounds; 0 without them. */
  readonly bounds: number;
  /** Weighted distance from the teacher's classes; 0 without a teacher. Absent in logs that are older than teachers. */
  readonly distillation?: number | undefined;
  /** Weighted losses of the exits, what the head teaches them included. Absent without exits. */
  readonly exits?: number | undefined;
  /** Weighted REINFORCE loss of gates that were drawn; its value means nothing. Absent where rewards teach none. */
  readonly reinforcement?: number | undefined;
  /** How far gates are from what their sub-blocks contribute. Absent unless they learn by regression. */
  readonly contribution?: number | undefined;
}

/** An early classifier on the test data, as it is logged: as if every image left there. */
export interface LoggedExit {
  readonly topOneErrorPercent: number;
  /** Multiply–accumulates of an image, mean over the images. */
  readonly meanMacs: number;
  /** `meanMacs` as a share of the undivided backbone's. */
  readonly macsRatio: number;
}

/** An evaluation on the test data, as it is logged. */
export interface LoggedEvaluation {
  readonly images: number;
  readonly topOneErrorPercent: number;
  /** Cross entropy, mean over the images, in nats. */
  readonly classificationLoss: number;
  /** Multiply–accumulates of an image, mean over the images. */
  readonly meanMacs: number;
  /** `meanMacs` as a share of the undivided backbone's. */
  readonly macsRatio: number;
  /** Mean over blocks and sub-blocks; null without gates. */
  readonly executionRate: number | null;
  /** `[l][n]`: share of the images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
  /** `[e]`; absent without exits. */
  readonly exits?: readonly LoggedExit[] | undefined;
}

/** An evaluation of a narrow width of a slimmable network, as it is logged. */
export interface LoggedWidth {
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

/** The last round of pruning, as it is logged. */
export interface LoggedPruning {
  /** From 1. */
  readonly round: number;
  /** Channels removed in all. */
  readonly removed: number;
  /** Multiply–accumulates of an image. */
  readonly macs: number;
  /** `macs` as a share of those of the network before it was pruned. */
  readonly macsRatio: number;
  readonly parameters: number;
  /** Mean loss of the training steps before it; null if there were none. */
  readonly loss: number | null;
}

/** The weights of another run, evaluated before the first step. The first line of a run that begins with them. */
export interface StartRecord {
  readonly kind: 'start';
  /** The model that the weights come from. */
  readonly from: string;
  /** Absent if the network was not pruned. */
  readonly pruned?: LoggedPruning | undefined;
  readonly evaluation: LoggedEvaluation;
  readonly clock: {
    /** ISO 8601, UTC. */
    readonly time: string;
    /** Of the evaluation's forward passes, in milliseconds; null if it could not be measured. */
    readonly msPerImage: number | null;
  };
}

/** An optimiser step; every `log.everySteps`-th of a recipe. */
export interface StepRecord {
  readonly kind: 'step';
  /** Optimiser steps done, this one included. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: LoggedLoss;
  /** Mean over the gated blocks, in the batch, with the noise of training; null without gates. */
  readonly executionRate: number | null;
  /** t of Eq. 12 and 14 in force at this step; null without gates. */
  readonly targetRate: number | null;
  /** Mean cost of the batch's images as a share of the undivided backbone's. */
  readonly macsRatio: number;
  /** Of the batch's images, augmented as they are. */
  readonly topOneErrorPercent: number;
  /** `[l]`: execution rate of each gated block, in the batch. Eq. 11. */
  readonly executionRates: readonly number[];
  /** Executed share of the network's own MACs with all gates open; 1 without gates. Eq. 13. */
  readonly flopsRate: number;
  /** Euclidean norm of the whole gradient. */
  readonly gradientNorm: number;
  readonly clock: {
    /** ISO 8601, UTC. */
    readonly time: string;
    /** Lately, in training; null if it could not be measured. */
    readonly imagesPerSecond: number | null;
    /** Share of the epoch's time so far in which training waited for images. Absent in older logs. */
    readonly dataWaitShare?: number | null | undefined;
  };
}

/** An epoch that has ended. */
export interface EpochRecord {
  readonly kind: 'epoch';
  /** From 0. */
  readonly epoch: number;
  /** Optimiser steps done. */
  readonly step: number;
  /** Means over the epoch's steps. */
  readonly training: {
    /** Of the epoch's images, augmented as they were. */
    readonly topOneErrorPercent: number;
    readonly loss: LoggedLoss;
    /** With the noise of training; null without gates. */
    readonly executionRate: number | null;
  };
  /** Absent if the recipe skips evaluation after this epoch. */
  readonly evaluation?: LoggedEvaluation | undefined;
  /** Of a slimmable network, its narrow widths, widest first; absent for all others. */
  readonly widths?: readonly LoggedWidth[] | undefined;
  /** Whether the evaluation's error is the lowest so far. */
  readonly best: boolean;
  readonly clock: {
    /** ISO 8601, UTC. */
    readonly time: string;
    /** Share of the epoch's time in which training waited for images. Absent in older logs. */
    readonly dataWaitShare?: number | null | undefined;
    /** Of the evaluation's forward passes, in milliseconds; absent without an evaluation. */
    readonly msPerImage?: number | null | undefined;
  };
}

/** Something is wrong with the gates after an epoch. */
export interface AlarmRecord {
  readonly kind: 'alarm';
  /** `closed-blocks`, `fixed-blocks`, `fixed-network` or `off-target`; newer versions may know others. */
  readonly alarm: string;
  /** From 0: the one that has ended. */
  readonly epoch: number;
  /** Optimiser steps done. */
  readonly step: number;
  /** Paths of the gated blocks concerned: `stage0.block1`. */
  readonly blocks: readonly string[];
  /** What is wrong, by how much, and which settings to change. */
  readonly message: string;
}

/** A run was resumed in another environment. */
export interface EnvironmentRecord {
  readonly kind: 'environment';
  /** Optimiser steps done before. */
  readonly step: number;
  /** `threads: 2 then, 4 now`. */
  readonly differences: readonly string[];
}

/** Lines of the log were damaged or missing when the run was resumed, and are left out since. */
export interface LostRecord {
  readonly kind: 'lost';
  /** Optimiser steps done before. */
  readonly step: number;
  /** What was found, one text each: `line 3: expected checksum …`. */
  readonly problems: readonly string[];
}

/** A line of a kind that this version does not know, as a newer one may write it. */
export interface UnknownRecord {
  readonly kind: 'unknown';
  /** The whole line, its own `kind` included. */
  readonly line: { readonly kind: string };
}

/** A line that this version writes into `metrics.jsonl`. Everything that depends on the clock is under `clock`. */
export type WrittenRecord =
  StartRecord | StepRecord | EpochRecord | AlarmRecord | EnvironmentRecord | LostRecord;

/**
 * A line of `metrics.jsonl`, discriminated by `kind`.
 *
 * @example
 * ```ts
 * import type { MetricsRecord } from '@dmnn/runs';
 *
 * const lastError = (log: readonly MetricsRecord[]) =>
 *   log.flatMap((line) => (line.kind === 'epoch' && line.evaluation ? [line.evaluation.topOneErrorPercent] : [])).at(-1);
 * console.log(lastError([])); // => undefined
 * ```
 */
export type MetricsRecord = WrittenRecord | UnknownRecord;
