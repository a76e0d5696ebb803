export { type EpochLine, epochLine, type EpochLineOptions } from './epoch-line.js';
export { expectNoLeak } from './expect-no-leak.js';
export { maxAbsoluteDifference, maxRelativeDifference } from './difference.js';
export { numericalGradient } from './numerical-gradient.js';
export {
  type KernelInputs,
  type NormSumSettings,
  referenceNormSum,
  referenceNormSumGrad,
} from './reference-norm-sum.js';
export { referenceMoveAverages, referenceSgd, referenceSumsOfSquares } from './reference-variables.js';
export { registerReferenceKernels } from './register-reference-kernels.js';
export { failingFileSystem } from './failing-file-system.js';
export { inTemporaryFolder } from './temporary-folder.js';
export { type TinyDataset, tinyDataset } from './tiny-dataset.js';
export { typescriptLoader } from './typescript-loader.js';
