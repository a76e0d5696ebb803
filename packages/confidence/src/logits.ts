import { assertList, assertRecord, kindOf } from '@dmnn/foundation';

/** The logits of images, as a network gives them: any finite numbers; only their differences matter. */
export interface Logits {
  /** `[image · classes + class]`. */
  readonly values: ArrayLike<number>;
  /** At least two. */
  readonly classes: number;
}

/**
 * Checks logits.
 *
 * @param name - of the argument, for messages
 * @returns the number of images
 * @throws TypeError if they are not logits; RangeError if they are incomplete for an image, or not finite
 */
export function assertLogits(name: string, logits: Logits): number {
  assertRecord(name, logits, 'logits: an object with values and classes');
  const { values, classes } = logits;
  assertList(`${name}.values`, values, 'a list of numbers');
  if (!Number.isInteger(classes) || classes < 2)
    throw new RangeError(`${name}.classes: expected an integer ≥ 2, got ${kindOf(classes)}`);
  const images = values.length / classes;
  if (!Number.isInteger(images)) {
    throw new RangeError(
      `${name}.values: expected ${classes} numbers for each image, got ${values.length} numbers`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new RangeError(
      `${name}.values: expected finite numbers, got ${String(values[i])} for image ${Math.floor(i / classes)}, class ${i % classes}`,
    );
  }
  return images;
}

/** Checks a temperature. @throws RangeError unless it is a finite number > 0 */
export function assertTemperature(name: string, temperature: unknown): void {
  if (typeof temperature === 'number' && Number.isFinite(temperature) && temperature > 0) return;
  throw new RangeError(`${name}: expected a number > 0, got ${kindOf(temperature)}`);
}

/** Checks the classes of images. @throws TypeError if there is no list; RangeError if one is not a class, or is missing */
export function assertLabels(labels: ArrayLike<number>, images: number, classes: number): void {
  assertList('labels', labels, 'a list of classes');
  if (labels.length !== images)
    throw new RangeError(`labels: expected one for each of ${images} images, got ${labels.length}`);
  for (let image = 0; image < images; image++) {
    const label = labels[image] as number;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new RangeError(
      `labels: expected integers from 0 to ${classes - 1}, got ${String(label)} for image ${image}`,
    );
  }
}
