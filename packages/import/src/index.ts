export { ImportError } from './import-error.js';
export { type ImportOptions, type ImportedWeights, importWeights } from './import-weights.js';
export { type ImportedFile, importSafetensors } from './import-safetensors.js';
export { type NameMap } from './name-map.js';
export { parseNameMap } from './parse-name-map.js';
export { type NamesOf, nameMapOf, namingSchemes } from './name-map-of.js';
