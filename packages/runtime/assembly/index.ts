export { clippedGradient } from './activation-gradient';
export { addParts } from './add-parts';
export { batchNorm, batchNormGradient, batchNormScratch } from './batch-norm';
export { clip } from './clip';
export { convolution, convolutionScratch } from './convolution';
export { crop } from './crop';
export {
  depthwiseFilterGradient,
  depthwiseFilterScratch,
  depthwiseInputGradient,
  depthwiseInputScratch,
} from './depthwise';
export { filterGradient, filterGradientScratch } from './filter-gradient';
export { inputGradient, inputGradientScratch } from './input-gradient';
export {
  normSumCoefficients,
  normSumForward,
  normSumGradient,
  normSumMoments,
  normSumProducts,
  normSumScratch,
  normSumStatistics,
  normSumTerms,
} from './norm-sum';
