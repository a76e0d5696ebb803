export { type AugmentationName } from './augmentation-name.js';
export { type Batch, type SkippedImage } from './batches/batch.js';
export { type EvaluationBatchesOptions, type TrainingBatchesOptions } from './batches/batches-options.js';
export { stepsPerEpoch } from './batches/draw-batches.js';
export { evaluationBatches } from './batches/evaluation-batches.js';
export { prefetch } from './batches/prefetch.js';
export { trainingBatches } from './batches/training-batches.js';
export { builtInDataset } from './built-in/built-in-dataset.js';
export { builtInNamed } from './built-in/built-in-named.js';
export { type BuiltInDataset, type BuiltInDatasetOptions } from './built-in/painted-dataset.js';
export { shapesDataset } from './built-in/shapes-dataset.js';
export { type Cifar10Sizes, loadCifar10 } from './cifar/load-cifar10.js';
export { type Cifar100Sizes, loadBothCifar100, loadCifar100 } from './cifar/load-cifar100.js';
export { classNamesOf, type NamedHoldOut, withoutHeldOut } from './class-names-of.js';
export { DataError, type DataProblem } from './data-error.js';
export {
  type BatchView,
  type DamagedRow,
  type Dataset,
  type ImageRows,
  type ImagesRequest,
} from './dataset.js';
export { type DecodedImage, decodeImage } from './decoding/decode-image.js';
export {
  type EvaluationViewOptions,
  evaluationView,
  type ImageBox,
  type ImageSize,
  type ImageView,
  type ViewOf,
} from './decoding/image-view.js';
export { type EncodedImage, imageBatch, imagenetNormalisation } from './decoding/fill-image.js';
export { ImageDecoder, type ImageDecoderOptions } from './decoding/image-decoder.js';
export { type ImagePlace } from './places/image-place.js';
export { listImageFiles } from './folders/list-image-files.js';
export { type TrainingViewOptions, trainingView } from './decoding/training-view.js';
export { type FoundImages, type PassedOver } from './found-images.js';
export { foundText } from './found/found-text.js';
export { holdOut, type HoldOutOptions } from './hold-out.js';
export { type ImageFileDatasetOptions, imageFileDataset } from './image-file-dataset.js';
export { type ImageFiles } from './image-files.js';
export { type ImageFolderOptions, openImageFolder, openImagenetFolder } from './imagenet/image-folder.js';
export { openImagenet } from './imagenet/open-imagenet.js';
export { type InMemoryDataset } from './in-memory-dataset.js';
export { type LabelledImages, type Normalisation } from './labelled-images.js';
export { classCountsText } from './own/class-counts-text.js';
export { type MeasuredSize, measuredNormalisation, measuredSize } from './own/measured-images.js';
export { type OwnImages, type OwnImagesOptions, openOwnImages } from './own/open-own-images.js';
export { type StratifiedHoldOutOptions, stratifiedHoldOut } from './own/stratified-hold-out.js';
export { type CategoriesOfClasses, withCategories } from './own/with-categories.js';
export { openDataset } from './open-dataset.js';
export { stratifiedSubset } from './stratified-subset.js';
export { subset } from './subset.js';
