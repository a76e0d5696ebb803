export { fittingValues, missingOrWrong, weightProblems } from './assert-weights.js';
export { fingerprintParts } from './fingerprint-parts.js';
export { batchNormLine, type BatchNormLine, type FoldedUnit, foldedUnit } from './folded/folded-unit.js';
export { areMergeable } from './folded/mergeable-paths.js';
export { paddedPath, resizedUnit } from './folded/padded-path.js';
export { initialValue, type InitialValueOptions, openingBiases } from './initial-value.js';
export { ofEachSubBlock } from './per-sub-block.js';
export {
  BYTES_PER_ELEMENT,
  decodeTensor,
  isReadableDtype,
  type ReadableDtype,
} from './safetensors/safetensors-dtypes.js';
export {
  MOST_TENSORS,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors/read-safetensors.js';
export { readShards } from './safetensors/read-safetensors-shards.js';
export { fits, isOwn } from './sliced-weights.js';
export { bias, decideWeightName, recurrentDecideName, weight } from './variable-specs.js';
export { type BatchNormNumbers, batchNormNames, type UnitNumbers, WeightReader } from './weight-reader.js';
