/** Everything that a report shows, as plain data: the input of `reportHtml`, also written as JSON. */
export interface ReportData {
  readonly format: 1;
  /** Heading of the page. */
  readonly title: string;
  /** Describes how multiply–accumulates are counted. */
  readonly conventions: string;
  readonly runs: readonly ReportRun[];
  /** Accuracy against cost of one checkpoint under several budgets; empty if none was measured. */
  readonly budgets: readonly CostCurve[];
  /** Rows of the paper's tables compared with ours; empty if the runs correspond to no row. */
  readonly paper: readonly PaperComparison[];
}

/** A training run and the measurements of its network. */
export interface ReportRun {
  /** Unique name of the run. */
  readonly name: string;
  readonly recipe: string;
  /** Equal for runs whose settings differ only in the seed. */
  readonly settings: string;
  readonly seed: number;
  readonly model: string;
  /** Name of the data set; accuracies are only compared within a data set. */
  readonly data: string;
  /** Number of training images. */
  readonly trainImages: number;
  /** Number of epochs in the recipe. */
  readonly epochs: number;
  /** Target rate t, in (0, 1]; null without gates. */
  readonly targetRate: number | null;
  readonly parameters: number;
  /** Multiply–accumulates per image with all gates open. */
  readonly fullMacs: number;
  /** Multiply–accumulates per image of the undivided backbone: the denominator of `macsRatio`. */
  readonly undividedMacs: number;
  /** The gated blocks, in order; empty without gates. */
  readonly blocks: readonly GatedBlockName[];
  readonly training: TrainingRecord;
  /** Evaluation on the test images; null if they were not available. */
  readonly evaluation: RunEvaluation | null;
  /** Notes for the reader, in sentences, such as why there is no evaluation. */
  readonly remarks: readonly string[];
}

/** A gated block of a network. */
export interface GatedBlockName {
  /** Path of the block: `stage1.block0`. */
  readonly path: string;
  /** Number of sub-blocks, N. */
  readonly subBlocks: number;
}

/** Contents of a run's log. */
export interface TrainingRecord {
  readonly stepsPerEpoch: number;
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly EpochPoint[];
}

/** A logged optimiser step. */
export interface StepPoint {
  /** Number of completed steps, including this one. */
  readonly step: number;
  readonly learningRate: number;
  /** Total loss, the quantity that was differentiated. */
  readonly loss: number;
  /** Fraction of open gates in the batch, in [0, 1]; null without gates. */
  readonly executionRate: number | null;
  /** Current target rate, in (0, 1]; null without gates. */
  readonly targetRate: number | null;
  /** Mean cost of the batch's images divided by the undivided backbone's. */
  readonly macsRatio: number;
}

/** A completed epoch. */
export interface EpochPoint {
  /** Number of completed epochs, including this one. */
  readonly epoch: number;
  /** Top-1 error on the augmented training images, measured during the epoch. */
  readonly trainingErrorPercent: number;
  /** Results on the test images after the epoch; null if the recipe asks for no evaluation then. */
  readonly test: {
    readonly topOneErrorPercent: number;
    readonly macsRatio: number;
    readonly executionRate: number | null;
  } | null;
}

/** Results of a network on the test images. */
export interface RunEvaluation {
  /** Epochs of training before the evaluated checkpoint. */
  readonly epoch: number;
  readonly images: number;
  readonly topOneErrorPercent: number;
  /** Mean of `perImageMacs`. */
  readonly meanMacs: number;
  /** `meanMacs` divided by the undivided backbone's. */
  readonly macsRatio: number;
  /** `[l][n]`: fraction of the images that ran sub-block n of gated block l; empty without gates. */
  readonly executionRates: readonly (readonly number[])[];
  /** Cost of each image, in the data set's order. */
  readonly perImageMacs: readonly number[];
  /** Rates and costs by category; empty without gates. */
  readonly categories: readonly CategoryRates[];
  /** Easy and hard images of some classes; empty without gates. */
  readonly samples: readonly ClassSamples[];
  /** What each exit does, as if every image left there; absent without exits. */
  readonly exits?: readonly ExitResult[] | undefined;
  /** What the gates as trained are compared with; absent if no control was asked for. */
  readonly control?: PatternControlResult | undefined;
}

/** The control of gates: what the best fixed gate pattern of the same mean cost reaches, every image alike. */
export interface PatternControlResult {
  readonly topOneErrorPercent: number;
  /** Cost divided by the undivided backbone's. */
  readonly macsRatio: number;
  /** The gates' error less the pattern's, in points. */
  readonly difference: number;
  /** 95 % interval of the difference over images, in points: gates are better if all of it is below 0. */
  readonly interval: readonly [number, number];
}

/** An exit of a network, if every image left there. */
export interface ExitResult {
  /** Index of the block after which it stands. */
  readonly afterBlock: number;
  readonly topOneErrorPercent: number;
  readonly meanMacs: number;
  /** `meanMacs` divided by the undivided backbone's. */
  readonly macsRatio: number;
}

/** Execution rates and cost of a category's images. */
export interface CategoryRates {
  readonly name: string;
  /** One of the four groups of the paper's Fig. 7, or one of the data set's own groups; null outside all groups. */
  readonly group: string | null;
  readonly images: number;
  readonly topOneErrorPercent: number;
  readonly meanMacs: number;
  /** `[l][n]`: fraction of the category's images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
}

/** The cheapest and most expensive images of a class. */
export interface ClassSamples {
  readonly className: string;
  /** Number of evaluated images of the class. */
  readonly images: number;
  /** Cheapest first. */
  readonly easiest: readonly SampleImage[];
  /** Most expensive first. */
  readonly hardest: readonly SampleImage[];
}

/** An image, its cost and its prediction. */
export interface SampleImage {
  /** Index in the data set. */
  readonly index: number;
  readonly macs: number;
  readonly predictedClass: string;
  readonly isCorrect: boolean;
  /** The image as a `data:` URI, see {@link pngDataUri}. */
  readonly png: string;
}

/** Results of one checkpoint under several budgets. */
export interface CostCurve {
  /** Name of the run it belongs to. */
  readonly run: string;
  readonly points: readonly CostCurvePoint[];
}

/** Result under one budget. */
export interface CostCurvePoint {
  /** The budget: `0.5`. */
  readonly label: string;
  /** Measured cost divided by the undivided backbone's. */
  readonly macsRatio: number;
  readonly topOneErrorPercent: number;
  /** Absent if no control was asked for. */
  readonly control?: PatternControlResult | undefined;
}

/** A row of the paper's tables, compared with ours. */
export interface PaperComparison {
  /** `table3/03-dmnn-cifar-resnet50-n2-t0.6`. */
  readonly id: string;
  readonly paper: ComparedNumbers;
  /** Cost counted by the report's `conventions`; the error only if a run measured it. */
  readonly ours: ComparedNumbers;
  /** Name of the run that measured our error; null if there is none. */
  readonly run: string | null;
  /** Reason for the difference. */
  readonly reason: string;
}

/** Numbers of a row; null if unknown. */
export interface ComparedNumbers {
  readonly topOneErrorPercent: number | null;
  readonly parameters: number | null;
  readonly macs: number | null;
  readonly macsRatio: number | null;
}
