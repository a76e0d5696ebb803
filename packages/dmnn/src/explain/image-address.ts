import type { Classifier } from '../classify/classifier.js';

/**
 * An image as the network saw it, as a `data:` address of a PNG.
 *
 * @param image - `[H, W, 3]`, prepared
 */
export async function imageAddress(
  image: Float32Array,
  { imageSizePx, preparation }: Pick<Classifier, 'imageSizePx' | 'preparation'>,
): Promise<string> {
  const { channelMeans, channelDeviations } = preparation;
  const bytes = Uint8ClampedArray.from(image, (value, i) => {
    const [mean, deviation] = [channelMeans[i % 3] as number, channelDeviations[i % 3] as number];
    return 255 * (value * deviation + mean);
  });
  const { default: sharp } = await import('sharp');
  const raw = { width: imageSizePx, height: imageSizePx, channels: 3 } as const;
  const png = await sharp(bytes, { raw }).png().toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
