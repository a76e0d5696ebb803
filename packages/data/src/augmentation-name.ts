/**
 * How training images are augmented: `pad-crop-flip` is the paper's augmentation for CIFAR-100 (§4.1);
 * `random-resized-crop` is its augmentation for ImageNet and the only one that image files support; `none` leaves
 * images as they are.
 */
export type AugmentationName = 'pad-crop-flip' | 'random-resized-crop' | 'none';
