export { computedText } from './computed-text.js';
export { BATCH_NORM_EPSILON, batchNormEpsilon, isSamePadding } from './conv-unit.js';
export { fixedPadding, fixedPaddingOf } from './fixed-padding.js';
export { type ImageProblem, type ImageSize, imageProblem } from './image-problem.js';
export { EXITS_REMEDY, exitsProblem } from './exits-problem.js';
