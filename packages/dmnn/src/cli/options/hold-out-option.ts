import { usageError } from '../terminal/usage-error.js';

/** How many training images are held out: a number, or a share of them. */
export type HoldOut = { readonly images: number } | { readonly share: number };

/** Parses `--hold-out`. @throws DmnnError `DMNN_USAGE` */
export function holdOutOption(value: string): HoldOut {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1];
  if (percent !== undefined && Number(percent) > 0 && Number(percent) < 100) {
    return { share: Number(percent) / 100 };
  }
  const images = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (images >= 1 && Number.isSafeInteger(images)) return { images };
  throw usageError(
    `--hold-out: expected an integer >= 1 (images), or a share above 0% and below 100% such as 10%, got ${value}`,
  );
}

/**
 * How many of so many images that is.
 *
 * @param least - the fewest that a share is, such as one of each class
 */
export function heldOutOf(size: number, holdOut: HoldOut, least = 1): number {
  return 'images' in holdOut ? holdOut.images : Math.max(least, Math.round(holdOut.share * size));
}

/** What was asked for, in words: `10%, 3 images`. */
export function heldOutText(holdOut: HoldOut, images: number): string {
  const share = 'share' in holdOut ? `${Number((100 * holdOut.share).toFixed(4))}%, ` : '';
  return `${share}${images} ${images === 1 ? 'image' : 'images'}`;
}
