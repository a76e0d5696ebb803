export { channelShares } from './channel-shares.js';
export { type BottleneckWidths, matchedWidth } from './matched-width.js';
export { paperWidth } from './paper-width.js';
export { type SubBlockWidths } from './sub-block-widths.js';
export { type SubdivideOptions, subdivide } from './subdivide.js';
export { type CalibrationStep, calibrateNorms, calibrationSteps } from './weights/calibration-steps.js';
export { type ChannelGrouping, type ChannelOrder } from './weights/split-block.js';
export { type SplitWeights, type SplitWeightsOptions, splitWeights } from './weights/split-weights.js';
