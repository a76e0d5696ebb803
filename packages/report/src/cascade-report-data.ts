/** Everything that the page of a cascade shows, as plain data: the input of `cascadeReportHtml`, also written as JSON. */
export interface CascadeReportData {
  readonly format: 1;
  readonly kind: 'cascade';
  /** Heading of the page. */
  readonly title: string;
  /** Describes how multiply–accumulates are counted. */
  readonly conventions: string;
  /** Name of the data, and the number of test images. */
  readonly data: string;
  readonly images: number;
  /** What confidence is, and whose probabilities answer, in words. */
  readonly by: string;
  readonly combine: string;
  /** Multiply–accumulates of the last network, undivided: what costs are shares of. */
  readonly undividedMacs: number;
  /** In their order, at least two. */
  readonly stages: readonly StageReport[];
  /** The cascade as it was saved. */
  readonly result: CascadeResult;
  /** The same networks with thresholds chosen for other costs, by rising cost; empty if too few images could be chosen on. */
  readonly curve: readonly CascadeCurvePoint[];
  /** How the points of the curve were chosen, in a sentence. */
  readonly curveChosen: string;
  /** Notes for the reader, in sentences. */
  readonly remarks: readonly string[];
}

/** A stage at which images stop. */
export interface StageReport {
  /** `exit 0 of cifar-resnet20` */
  readonly name: string;
  /** Share of the images that stop there, in [0, 1]. */
  readonly share: number;
  /** Error among the images that stop there; null if none does. */
  readonly topOneErrorPercent: number | null;
  /** Error of what the stage says alone of every image, and the mean cost of its network until there. */
  readonly aloneErrorPercent: number;
  readonly aloneMacs: number;
  /** Mean multiply–accumulates of an image that stops there. */
  readonly macs: number;
  /** From which confidence images stop; null at the last stage. */
  readonly threshold: number | null;
  readonly temperature: number;
  /** Expected calibration error of the stage alone, in [0, 1], without the temperature and with it. */
  readonly calibrationError: { readonly before: number; readonly after: number };
  /** Reliability of the stage alone, at its temperature: bins of equal width. */
  readonly bins: readonly ReliabilityBin[];
}

/** Images of which a stage is about as sure. */
export interface ReliabilityBin {
  /** The bin is (from, to]. */
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Mean over its images; 0 if there are none. */
  readonly confidence: number;
  /** Share of them that is right; 0 if there are none. */
  readonly accuracy: number;
}

/** What a cascade reaches, and what a random choice of as many images does. */
export interface CascadeResult {
  readonly topOneErrorPercent: number;
  /** Half the width of its 95 % interval over images. */
  readonly halfWidthPercent: number;
  readonly meanMacs: number;
  readonly control: {
    readonly topOneErrorPercent: number;
    /** The cascade's error less the control's, in points, and its 95 % interval. */
    readonly difference: number;
    readonly interval: readonly [number, number];
  };
}

/** A cascade of another mean cost. */
export interface CascadeCurvePoint {
  readonly meanMacs: number;
  readonly topOneErrorPercent: number;
  readonly controlErrorPercent: number;
}
