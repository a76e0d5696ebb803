export { augmentationsOf } from './batches/augmentations-of.js';
export { epochOrder } from './batches/epoch-order.js';
export { findImageFiles } from './folders/list-image-files.js';
export { passedOverText } from './found/found-text.js';
export { quotedNames } from './own/quoted-names.js';
export { contentsOf } from './places/file-contents.js';
