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
export { normSumCoefficients, normSumGradient, normSumProducts } from './norm-sum-backward';
export { normSumForward } from './norm-sum-forward';
export { normSumMoments, normSumStatistics, normSumTerms } from './norm-sum-moments';
export { normSumScratch } from './norm-sum-rows';
