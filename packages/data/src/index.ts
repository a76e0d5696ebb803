export { type AugmentationName, type CropFlip, cropFlip } from './augmentation.js';
export { type Batch, type SkippedPhotograph } from './batch.js';
export { type EvaluationBatchesOptions, type TrainingBatchesOptions } from './batches-options.js';
export { type BuiltInDataset, type BuiltInDatasetOptions, builtInDataset } from './built-in-dataset.js';
export { classNamesOf } from './class-names-of.js';
export { DataError, type DataProblem } from './data-error.js';
export { type Dataset } from './dataset.js';
export { DecodingError } from './decoding-error.js';
export { type DecodedPhotograph, decodePhotograph } from './decode-photograph.js';
export { type DecodedRows, type DecodeRequest, type PhotographViewing } from './decode-rows.js';
export { type ShuffledBatchesOptions, stepsPerEpoch } from './draw-batches.js';
export { epochOrder } from './epoch-order.js';
export { evaluationBatches } from './evaluation-batches.js';
export { type EvaluationViewOptions, evaluationView } from './evaluation-view.js';
export {
  type ChannelStatisticsOf,
  type PhotographSource,
  fillPhotograph,
  imagenetStatistics,
  photographBatch,
} from './fill-photograph.js';
export { holdOut } from './hold-out.js';
export { type ImageDataset } from './image-dataset.js';
export { ImageLibraryError } from './image-library-error.js';
export { type Cifar100Sizes, loadBothCifar100, loadCifar100 } from './load-cifar100.js';
export { openDataset } from './open-dataset.js';
export { openImagenet } from './open-imagenet.js';
export {
  type PhotographEvaluationOptions,
  type PhotographTrainingOptions,
  photographEvaluationBatches,
  photographTrainingBatches,
} from './photograph-batches.js';
export { type PhotographDataset } from './photograph-dataset.js';
export { PhotographDecoder, type PhotographDecoderOptions } from './photograph-decoder.js';
export { photographFiles } from './photograph-files.js';
export {
  type PhotographFolderOptions,
  openImagenetFolder,
  openPhotographFolder,
} from './photograph-folder.js';
export { type PhotographPlace } from './photograph-place.js';
export {
  type PhotographBox,
  type PhotographReading,
  type PhotographSize,
  type PhotographView,
} from './photograph-view.js';
export { prefetch } from './prefetch.js';
export {
  type RandomResizedCrop,
  type RandomResizedCropOptions,
  randomResizedCrop,
} from './random-resized-crop.js';
export {
  type SquarePhotographs,
  type SquarePhotographsOptions,
  squarePhotographs,
} from './square-photographs.js';
export { stratifiedSubset } from './stratified-subset.js';
export { subset } from './subset.js';
export { trainingBatches } from './training-batches.js';
export { type TrainingViewOptions, trainingView } from './training-view.js';
export { UnknownDatasetError } from './unknown-dataset-error.js';
