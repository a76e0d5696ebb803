/** What an image must become before a network sees it: resized, its middle cut out, its channels normalised. */
export interface ImagePreparation {
  /** What the shorter side is resized to, in pixels, before the middle of the image size is cut out. */
  readonly shorterSidePx: number;
  /** `[channel]`: subtracted from values in 0…1; red, green, blue. */
  readonly channelMeans: readonly number[];
  /** `[channel]`: what the difference is divided by. */
  readonly channelDeviations: readonly number[];
}
