export { augmentationsOf } from './batches/augmentations-of.js';
export { epochOrder } from './batches/epoch-order.js';
