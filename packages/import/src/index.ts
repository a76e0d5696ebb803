export { ImportError } from './import-error.js';
export {
  type ImportOptions,
  type ImportTensorFileOptions,
  type ImportedWeights,
  importWeights,
} from './import-weights.js';
export {
  type ImportedFile,
  type ImportedTensorFile,
  importSafetensors,
  importTensorFile,
} from './import-safetensors.js';
export { type NameMap } from './name-map.js';
export { parseNameMap } from './parse-name-map.js';
export { type NamesOf, nameMapOf, namingSchemes } from './name-map-of.js';
export { type TensorFile, readTensorFile } from './read-tensor-file.js';
export { type TorchFile, readTorchFile } from './torch/read-torch-file.js';
export { TorchFileError, type TorchFileFault } from './torch/torch-file-error.js';
export { type PassedOver } from './torch/weights-in.js';
export {
  type RecogniseOptions,
  type RecognisedArchitecture,
  recogniseArchitecture,
} from './recognise/recognise-architecture.js';
export {
  type KerasFile,
  type KerasFileLayer,
  type Hdf5Contents,
  type Hdf5Dataset,
  type Hdf5Reader,
  type LayersModelSource,
} from './keras/keras-file.js';
export { KerasFileError, type KerasFileFault } from './keras/keras-file-error.js';
export { isKerasFile, isModelJson, filesOfModelJson, readKerasFile } from './keras/read-keras-file.js';
export {
  type ImportedKerasFile,
  type KerasImportOptions,
  networkOfKerasFile,
} from './keras/import-keras-file.js';
export { type ImagePreprocessing, imagePreprocessing } from './preprocessing.js';
