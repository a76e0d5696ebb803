export { BATCH_NORM_MOMENTUM } from './batch-norm-settings.js';
export { type InitialValueOptions, openingBiases } from './initial-value.js';
export {
  BYTES_PER_ELEMENT,
  decodeTensor,
  isReadableDtype,
  type ReadableDtype,
} from './safetensors/safetensors-dtypes.js';
export {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors/safetensors-header.js';
export { fits, isOwn } from './sliced-weights.js';
export { bias, weight } from './variable-specs.js';
export { weightProblems } from './weight-problems.js';
