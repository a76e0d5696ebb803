import type { Evaluation } from '../evaluate/evaluation.js';
import type { PruneRound } from '../begin/prune-round.js';
import type { WidthEvaluation } from '../evaluate/width-evaluation.js';
import type { GatingOptimum } from '../gates/gating-optimum.js';
import type { StepFigures } from './step-record.js';

/** How fast it goes, by the clock. */
export interface Pace {
  /** Of training steps, lately. */
  readonly imagesPerSecond: number;
  /** Until the end of training, evaluations included as far as their length is known. */
  readonly etaSeconds: number;
}

/** What `train` reports while it runs. */
export type TrainEvent =
  | {
      readonly kind: 'start';
      /** Optimiser steps already done. */
      readonly step: number;
      readonly steps: number;
      readonly epochs: number;
      /** What gates come to if only the losses on rates draw at them; absent without gates, or if there are no such losses. */
      readonly optimum?: GatingOptimum;
      /** The checkpoint that is resumed; absent at a first start. */
      readonly resumedFrom?: string;
    }
  | ({
      readonly kind: 'step';
      readonly steps: number;
      readonly epochs: number;
      /** Of the epoch's images so far, augmented as they are. */
      readonly top1ErrorPercent: number;
      readonly pace: Pace;
    } & StepFigures)
  | ({
      /** Channels of the network that the run begins with were removed. */
      readonly kind: 'pruning';
    } & PruneRound)
  | {
      /** The weights of another run are in place. */
      readonly kind: 'begun';
      /** The model they are of. */
      readonly from: string;
      /** Of each divided block, the share that was lost by dividing its weights; absent if they were not divided. */
      readonly lostShares?: readonly number[];
      /** The last round of pruning; absent if the network was not pruned. */
      readonly pruned?: PruneRound;
      /** Before the first step, with the gates that the controllers choose. */
      readonly evaluation?: Evaluation;
    }
  | { readonly kind: 'evaluating'; readonly epoch: number; readonly images: number; readonly of: number }
  | {
      readonly kind: 'epoch';
      /** From 0: the one that has ended. */
      readonly epoch: number;
      readonly epochs: number;
      readonly step: number;
      /** Absent where the recipe has this epoch not evaluated. */
      readonly evaluation?: Evaluation;
      /** Of the narrow widths of a slimmable network, widest first. */
      readonly widths?: readonly WidthEvaluation[];
      /** Whether its error is the lowest so far. */
      readonly best: boolean;
    }
  | { readonly kind: 'checkpoint'; readonly path: string; readonly step: number }
  | { readonly kind: 'warning'; readonly message: string };
