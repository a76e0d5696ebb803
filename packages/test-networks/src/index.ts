export { anyPaddedTiny, anyTiny } from './any-tiny.js';
export { anyTinyWithExits } from './any-tiny-with-exits.js';
export { arbitraryImage, arbitraryNumbers } from './arbitrary-weights.js';
export { arbitraryArchitecture } from './arbitrary-architecture.js';
export {
  basic,
  blockOf,
  bottleneck,
  convolutionWeights,
  inverted,
  invertedResidual,
  networkOf,
} from './blocks.js';
export { dmnn50n2 } from './dmnn50-n2.js';
export { bottleneckResnet, handNetwork, mobilenetV2 } from './published.js';
export { relativeDifference } from './relative-difference.js';
export { type SmallKind, smallNetwork } from './small-network.js';
export { type TinyBlock, type TinyOptions, tinyArchitecture, tinyDynamic } from './tiny-architecture.js';
