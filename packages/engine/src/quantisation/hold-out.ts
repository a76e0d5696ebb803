/** Of this many images, one is held out. */
const EVERY = 4;

/** Images to observe ranges on, and others to find out what they are worth. */
export interface HeldOut<Image> {
  readonly observed: readonly Image[];
  readonly heldOut: readonly Image[];
}

/** Holds out every fourth image; of two or three, the last. A single image is observed. */
export function holdOut<Image>(images: readonly Image[]): HeldOut<Image> {
  const isHeldOut = (i: number) =>
    i % EVERY === EVERY - 1 || (images.length < EVERY && i > 0 && i === images.length - 1);
  return {
    observed: images.filter((_, i) => !isHeldOut(i)),
    heldOut: images.filter((_, i) => isHeldOut(i)),
  };
}
