export { assertWeights } from './assert-weights.js';
export { BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM } from './batch-norm-settings.js';
export { constantGates, constantPattern } from './constant-gates.js';
export { type InitialWeightsOptions, initialWeights } from './initial-weights.js';
export { type NetworkData } from './network-data.js';
export { type PerSubBlock } from './per-sub-block.js';
export {
  readSafetensors,
  readSafetensorsFile,
  type ReadSafetensorsOptions,
  type SafetensorsFile,
} from './safetensors/read-safetensors.js';
export { readSafetensorsShards, type SafetensorsShards } from './safetensors/read-safetensors-shards.js';
export { parseSafetensorsIndex, type SafetensorsIndex } from './safetensors/safetensors-index.js';
export { SafetensorsError, type SafetensorsFault } from './safetensors/safetensors-error.js';
export { writeSafetensors } from './safetensors/write-safetensors.js';
export { thresholdedGates } from './thresholded-gates.js';
export { narrowWeights, slicedWeights } from './sliced-weights.js';
export { type Initialiser, type VariableRole, type VariableSpec, variableSpecs } from './variable-specs.js';
export { WeightsError } from './weights-error.js';
export { type Float32Tensor, type Weights, type WeightTensor } from './weights.js';
