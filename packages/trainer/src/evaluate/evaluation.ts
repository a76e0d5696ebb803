/** What a network does on a data set. */
export interface Evaluation {
  /** Each was counted once; damaged ones were not. */
  readonly images: number;
  /** Indices of damaged images: they were left out, and none of the lists below has them. */
  readonly skippedImages: readonly number[];
  readonly error: EvaluationErrors;
  readonly cost: EvaluationCost;
  readonly gates: EvaluationGates;
  /** `[e]`: what exit e does, as if every image left there; absent without exits. */
  readonly exits?: readonly ExitEvaluation[];
  readonly timing: {
    /** Wall-clock time of the forward passes and of reading their result, for an image, in milliseconds. */
    readonly msPerImage: number;
  };
}

/** How well a network classifies. */
export interface EvaluationErrors {
  readonly top1ErrorPercent: number;
  /** Cross entropy, mean over the images, in nats. */
  readonly classificationLoss: number;
  /** Class predicted for each image, in the data set's order, without damaged ones. */
  readonly predictions: readonly number[];
}

/** What a network's images cost. */
export interface EvaluationCost {
  /** Multiply–accumulates of an image, mean; of a network without gates, its cost. */
  readonly meanMacs: number;
  /** `meanMacs` as a share of the undivided network's. */
  readonly macsRatio: number;
  /** Cost of each image, in the data set's order, without damaged ones. */
  readonly perImageMacs: readonly number[];
}

/** What a network's gates do. */
export interface EvaluationGates {
  /** Mean over blocks and sub-blocks; null without gates. */
  readonly executionRate: number | null;
  /** `[l][n]`: share of the images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
  /** `[image]`: its gates of {0, 1}, of all gated blocks one after the other, in the data set's order, without damaged ones. */
  readonly perImageGates: readonly Uint8Array[];
}

/** What an exit does, as if every image left there. */
export interface ExitEvaluation {
  readonly top1ErrorPercent: number;
  /** Multiply–accumulates of an image, mean. */
  readonly meanMacs: number;
  /** `meanMacs` as a share of the undivided network's. */
  readonly macsRatio: number;
}
