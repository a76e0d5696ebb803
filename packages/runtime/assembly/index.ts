export { clippedGradient } from './activation-gradient';
export { batchNorm, batchNormGradient, batchNormScratch } from './batch-norm';
export { convolution, convolutionScratch } from './convolution';
export {
  depthwiseFilterGradient,
  depthwiseFilterScratch,
  depthwiseInputGradient,
  depthwiseInputScratch,
} from './depthwise';
export { filterGradient, filterGradientScratch } from './filter-gradient';
export { inputGradient, inputGradientScratch } from './input-gradient';
