export { type AugmentationName, type CropFlip, cropFlip } from './batches/augmentation.js';
export { type Batch, type SkippedImage } from './batches/batch.js';
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
export { type DecodedImage, decodeImage } from './decoding/decode-image.js';
export { type DecodedRows, type DecodeRequest, type ViewOptions } from './decoding/decode-rows.js';
export { type ShuffledBatchesOptions, stepsPerEpoch } from './batches/draw-batches.js';
export { epochOrder } from './batches/epoch-order.js';
export { evaluationBatches } from './batches/evaluation-batches.js';
export { type EvaluationViewOptions, evaluationView } from './decoding/evaluation-view.js';
export {
  type ChannelStatisticsOf,
  type EncodedImage,
  fillImage,
  imagenetStatistics,
  imageBatch,
} from './decoding/fill-image.js';
export { holdOut } from './hold-out.js';
export { type InMemoryDataset } from './in-memory-dataset.js';
export { ImageLibraryError } from './decoding/image-library-error.js';
export { type Cifar100Sizes, loadBothCifar100, loadCifar100 } from './cifar/load-cifar100.js';
export { openDataset } from './open-dataset.js';
export { openImagenet } from './imagenet/open-imagenet.js';
export {
  type ImageEvaluationOptions,
  type ImageTrainingOptions,
  imageEvaluationBatches,
  imageTrainingBatches,
} from './batches/image-batches.js';
export { type ImageFiles } from './image-files.js';
export { ImageDecoder, type ImageDecoderOptions } from './decoding/image-decoder.js';
export { listImageFiles } from './decoding/list-image-files.js';
export { type ImageFolderOptions, openImagenetFolder, openImageFolder } from './imagenet/image-folder.js';
export { type ImagePlace } from './decoding/image-place.js';
export { type ImageBox, type ViewOf, type ImageSize, type ImageView } from './decoding/image-view.js';
export { prefetch } from './batches/prefetch.js';
export {
  type RandomResizedCrop,
  type RandomResizedCropOptions,
  randomResizedCrop,
} from './decoding/random-resized-crop.js';
export {
  type ImageFileDataset,
  type ImageFileDatasetOptions,
  imageFileDataset,
} from './image-file-dataset.js';
export { stratifiedSubset } from './stratified-subset.js';
export { subset } from './subset.js';
export { trainingBatches } from './batches/training-batches.js';
export { type TrainingViewOptions, trainingView } from './decoding/training-view.js';
export { UnknownDatasetError } from './unknown-dataset-error.js';
