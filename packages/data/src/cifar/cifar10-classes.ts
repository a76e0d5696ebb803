/** `[class]`: CIFAR-10's names, in the order of its `batches.meta.txt`. */
export const cifar10Classes: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/**
 * `[category]`: CIFAR-10 has no superclasses; its classes are animals and vehicles, WordNet's nearest concepts that have
 * several of them.
 */
export const cifar10Categories: readonly string[] = ['animals', 'vehicles'];

/** The category of a class of CIFAR-10. */
export function cifar10CategoryOf(classIndex: number): number {
  return classIndex >= 2 && classIndex <= 7 ? 0 : 1;
}
