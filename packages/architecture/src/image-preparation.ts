/** Preprocessing of a network's input images: resize, centre crop, channel normalisation. */
export interface ImagePreparation {
  /** Length of the shorter side after resizing, in pixels, before the centre crop of the image size. */
  readonly shorterSidePx: number;
  /** `[channel]`: subtracted from values in 0…1; red, green, blue. */
  readonly channelMeans: readonly number[];
  /** `[channel]`: divisor after the subtraction. */
  readonly channelDeviations: readonly number[];
}
