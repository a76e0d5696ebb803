/** Everything that a report shows, as plain data: what {@link reportHtml} takes, and what is written as JSON. */
export interface ReportData {
  readonly format: 1;
  /** Heading of the page. */
  readonly title: string;
  /** How multiply–accumulates are counted, in words. */
  readonly conventions: string;
  readonly runs: readonly ReportRun[];
  /** Accuracy against cost of one checkpoint under several budgets; empty if none was measured. */
  readonly budgets: readonly CostCurve[];
  /** Rows of the paper's tables beside ours; empty where the runs have nothing to do with one. */
  readonly paper: readonly PaperComparison[];
}

/** A training run and what was measured of its network. */
export interface ReportRun {
  /** Tells it from the other runs. */
  readonly name: string;
  readonly recipe: string;
  /** Equal for runs whose settings differ in nothing but the seed. */
  readonly settings: string;
  readonly seed: number;
  readonly model: string;
  /** Name of the data set; accuracies are compared within one only. */
  readonly data: string;
  /** Images that it was trained on. */
  readonly trainImages: number;
  /** What the recipe asks for. */
  readonly epochs: number;
  /** Target rate t, in (0, 1]; null without gates. */
  readonly targetRate: number | null;
  readonly parameters: number;
  /** Multiply–accumulates of an image with all gates open. */
  readonly fullMacs: number;
  /** Multiply–accumulates of an image through the undivided backbone: what `macsRatio` divides by. */
  readonly undividedMacs: number;
  /** The gated blocks, in order; empty without gates. */
  readonly blocks: readonly GatedBlockName[];
  readonly training: TrainingRecord;
  /** On the test images; null where they were not at hand. */
  readonly evaluation: RunEvaluation | null;
  /** Sentences that the reader should know, such as why there is no evaluation. */
  readonly remarks: readonly string[];
}

/** A gated block of a network. */
export interface GatedBlockName {
  /** `stage1.block0`. */
  readonly path: string;
  /** N. */
  readonly subBlocks: number;
}

/** What a run's log says. */
export interface TrainingRecord {
  readonly stepsPerEpoch: number;
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly EpochPoint[];
}

/** An optimiser step that was logged. */
export interface StepPoint {
  /** Steps done, this one included. */
  readonly step: number;
  readonly learningRate: number;
  /** Total loss, as it was differentiated. */
  readonly loss: number;
  /** Share of gates open in the batch, in [0, 1]; null without gates. */
  readonly executionRate: number | null;
  /** Target in force, in (0, 1]; null without gates. */
  readonly targetRate: number | null;
  /** Cost of the batch's images over the undivided backbone's. */
  readonly macsRatio: number;
}

/** An epoch that has ended. */
export interface EpochPoint {
  /** Epochs done, this one included. */
  readonly epoch: number;
  /** Of the training images, augmented as they are, while it went on. */
  readonly trainingErrorPercent: number;
  /** Of the test images after it; null where the recipe did not ask for an evaluation. */
  readonly test: {
    readonly topOneErrorPercent: number;
    readonly macsRatio: number;
    readonly executionRate: number | null;
  } | null;
}

/** What a network does on the test images. */
export interface RunEvaluation {
  /** Epochs before the checkpoint that was evaluated. */
  readonly epoch: number;
  readonly images: number;
  readonly topOneErrorPercent: number;
  /** Mean of `perImageMacs`. */
  readonly meanMacs: number;
  /** `meanMacs` over the undivided backbone's. */
  readonly macsRatio: number;
  /** `[l][n]`: share of the images that ran sub-block n of gated block l; empty without gates. */
  readonly executionRates: readonly (readonly number[])[];
  /** Cost of each image, in the data set's order. */
  readonly perImageMacs: readonly number[];
  /** The same by category; empty without gates. */
  readonly categories: readonly CategoryRates[];
  /** Easy and hard images of some classes; empty without gates. */
  readonly samples: readonly ClassSamples[];
}

/** How the images of a category are executed. */
export interface CategoryRates {
  readonly name: string;
  /** One of the four groups of the paper's Fig. 7, or of the data's own; null outside all. */
  readonly group: string | null;
  readonly images: number;
  readonly topOneErrorPercent: number;
  readonly meanMacs: number;
  /** `[l][n]`: share of the category's images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
}

/** The images of a class that cost least and most. */
export interface ClassSamples {
  readonly className: string;
  /** Images of the class that were evaluated. */
  readonly images: number;
  /** Cheapest first. */
  readonly easiest: readonly SampleImage[];
  /** Dearest first. */
  readonly hardest: readonly SampleImage[];
}

/** One image and what became of it. */
export interface SampleImage {
  /** In the data set. */
  readonly index: number;
  readonly macs: number;
  readonly predictedClass: string;
  readonly isCorrect: boolean;
  /** As a `data:` URI, see {@link pngDataUri}. */
  readonly png: string;
}

/** One checkpoint under several budgets. */
export interface CostCurve {
  /** Name of the run it belongs to. */
  readonly run: string;
  readonly points: readonly CostCurvePoint[];
}

/** What a budget led to. */
export interface CostCurvePoint {
  /** The budget: `0.5`. */
  readonly label: string;
  /** Measured cost over the undivided backbone's. */
  readonly macsRatio: number;
  readonly topOneErrorPercent: number;
}

/** A row of the paper's tables and ours. */
export interface PaperComparison {
  /** `table3/03-dmnn-cifar-resnet50-n2-t0.6`. */
  readonly id: string;
  readonly paper: ComparedNumbers;
  /** Counted by the conventions above; the error only where a run measured it. */
  readonly ours: ComparedNumbers;
  /** Name of the run that measured our error; null where none did. */
  readonly run: string | null;
  /** Why they differ. */
  readonly reason: string;
}

/** Numbers of a row; null where there is none. */
export interface ComparedNumbers {
  readonly topOneErrorPercent: number | null;
  readonly parameters: number | null;
  readonly macs: number | null;
  readonly macsRatio: number | null;
}
