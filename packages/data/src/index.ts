export { type AugmentationName, type CropFlip, cropFlip } from './batches/augmentation.js';
export { type Batch, type SkippedPhotograph } from './batches/batch.js';
export { type EvaluationBatchesOptions, type TrainingBatchesOptions } from './batches/batches-options.js';
export {
  type BuiltInDataset,
  type BuiltInDatasetOptions,
  builtInDataset,
} from './built-in/built-in-dataset.js';
export { classNamesOf } from './class-names-of.js';
export { DataError, type DataProblem } from './data-error.js';
export { type Dataset } from './dataset.js';
export { DecodingError } from './decoding/decoding-error.js';
export { type DecodedPhotograph, decodePhotograph } from './decoding/decode-photograph.js';
export { type DecodedRows, type DecodeRequest, type PhotographViewing } from './decoding/decode-rows.js';
export { type ShuffledBatchesOptions, stepsPerEpoch } from './batches/draw-batches.js';
export { epochOrder } from './batches/epoch-order.js';
export { evaluationBatches } from './batches/evaluation-batches.js';
export { type EvaluationViewOptions, evaluationView } from './decoding/evaluation-view.js';
export {
  type ChannelStatisticsOf,
  type PhotographSource,
  fillPhotograph,
  imagenetStatistics,
  photographBatch,
} from './decoding/fill-photograph.js';
export { holdOut } from './hold-out.js';
export { type ImageDataset } from './image-dataset.js';
export { ImageLibraryError } from './decoding/image-library-error.js';
export { type Cifar100Sizes, loadBothCifar100, loadCifar100 } from './cifar/load-cifar100.js';
export { openDataset } from './open-dataset.js';
export { openImagenet } from './imagenet/open-imagenet.js';
export {
  type PhotographEvaluationOptions,
  type PhotographTrainingOptions,
  photographEvaluationBatches,
  photographTrainingBatches,
} from './batches/photograph-batches.js';
export { type PhotographDataset } from './photograph-dataset.js';
export { PhotographDecoder, type PhotographDecoderOptions } from './decoding/photograph-decoder.js';
export { photographFiles } from './decoding/photograph-files.js';
export {
  type PhotographFolderOptions,
  openImagenetFolder,
  openPhotographFolder,
} from './imagenet/photograph-folder.js';
export { type PhotographPlace } from './decoding/photograph-place.js';
export {
  type PhotographBox,
  type PhotographReading,
  type PhotographSize,
  type PhotographView,
} from './decoding/photograph-view.js';
export { prefetch } from './batches/prefetch.js';
export {
  type RandomResizedCrop,
  type RandomResizedCropOptions,
  randomResizedCrop,
} from './decoding/random-resized-crop.js';
export {
  type SquarePhotographs,
  type SquarePhotographsOptions,
  squarePhotographs,
} from './square-photographs.js';
export { stratifiedSubset } from './stratified-subset.js';
export { subset } from './subset.js';
export { trainingBatches } from './batches/training-batches.js';
export { type TrainingViewOptions, trainingView } from './decoding/training-view.js';
export { UnknownDatasetError } from './unknown-dataset-error.js';
