/** Mean and standard deviation of each channel, for values in 0…1. */
export interface ChannelStatistics {
  /** Red, green, blue. */
  readonly means: readonly number[];
  /** Red, green, blue. */
  readonly deviations: readonly number[];
}

/**
 * Channel statistics over many images: exact, because bytes are counted rather than summed. The deviation is the
 * population's (divided by n).
 */
export class ChannelCounter {
  readonly #counts = new Float64Array(3 * 256);

  /** Counts the bytes of one image, `[…, 3]`. */
  add(pixels: Uint8Array): void {
    const counts = this.#counts;
    for (let at = 0; at < pixels.length; at += 3) {
      const [red, green, blue] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number];
      counts[red] = (counts[red] as number) + 1;
      counts[256 + green] = (counts[256 + green] as number) + 1;
      counts[512 + blue] = (counts[512 + blue] as number) + 1;
    }
  }

  /** The statistics of everything counted so far. */
  statistics(): ChannelStatistics {
    const means: number[] = [];
    const deviations: number[] = [];
    for (let channel = 0; channel < 3; channel++) {
      let [count, sum, squares] = [0, 0, 0];
      for (let byte = 0; byte < 256; byte++) {
        const times = this.#counts[channel * 256 + byte] as number;
        count += times;
        sum += times * byte;
        squares += times * byte * byte;
      }
      const mean = sum / count;
      means.push(mean / 255);
      deviations.push(Math.sqrt(squares / count - mean * mean) / 255);
    }
    return { means, deviations };
  }
}
