/** What a narrow width of a slimmable network does on a data set. */
export interface WidthEvaluation {
  /** Factor of the channels. */
  readonly width: number;
  readonly top1ErrorPercent: number;
  /** Cross entropy, mean over the images, in nats. */
  readonly classificationLoss: number;
  /** Multiply–accumulates of an image. */
  readonly macs: number;
  /** `macs` as a share of the widest network's. */
  readonly macsRatio: number;
}
