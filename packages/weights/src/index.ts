export { assertWeights } from './assert-weights.js';
export { BATCH_NORM_EPSILON } from './batch-norm-settings.js';
export { fittingValues } from './fitting-values.js';
export { initialValue } from './initial-value.js';
export { ofEachSubBlock, type PerSubBlock } from './per-sub-block.js';
export {
  readSafetensors,
  readSafetensorsFile,
  type SafetensorsFile,
} from './safetensors/read-safetensors.js';
export { SafetensorsError, type SafetensorsFault } from './safetensors/safetensors-error.js';
export { writeSafetensors } from './safetensors/write-safetensors.js';
export { narrowWeights, slicedWeights } from './sliced-weights.js';
export { type Initialiser, type VariableRole, type VariableSpec, variableSpecs } from './variable-specs.js';
export { WeightsError } from './weights-error.js';
export { type Weights, type WeightTensor } from './weights.js';
