/**
 * How an image is changed before training sees it: `pad-crop-flip`, the paper's for CIFAR-100 (§4.1),
 * `random-resized-crop`, its for ImageNet and the only one for image files, or `none`.
 */
export type AugmentationName = 'pad-crop-flip' | 'random-resized-crop' | 'none';
