export { encodeFileVersion, encodeScalars, type Scalar } from './events/encode-event.js';
export { EventFile } from './events/event-file.js';
export { framedRecord } from './events/framed-record.js';
export { maskedChecksum } from './events/masked-checksum.js';
export { recordScalars } from './events/record-scalars.js';
export { badImagesError } from './folder/bad-images-error.js';
export { BadImages, listBadImages } from './folder/bad-images.js';
export {
  checkpointFile,
  headsFile,
  optimiserFile,
  stateOf,
  tensorsOf,
  weightsFile,
  weightsOf,
  widthsFile,
  widthsOf,
  encodeRunState,
  type EpochTotals,
  noTotals,
  type RunState,
  startOfRun,
} from './folder/checkpoint-contents.js';
export {
  type CheckpointFiles,
  readCheckpoint,
  stateFile,
  writeCheckpoint,
} from './folder/checkpoint-folder.js';
export { CheckpointStore, type StoredCheckpoint, runStores } from './folder/checkpoint-store.js';
export { isFileOfFolder, markerFiles } from './folder/files-of-folders.js';
export { MetricsLog } from './folder/metrics-log.js';
export {
  type OpenRun,
  openRun,
  type OpenRunOptions,
  type RunConfigIn,
  type SettingsAtStep,
} from './folder/open-run.js';
export { fingerprintAt, latestRecipe, recipeFrom } from './folder/run-config.js';
export { differencesIn, differenceText } from './recipe/recipe-differences.js';
export { type RecipeToResume, recipeToResume } from './recipe/recipe-to-resume.js';
export { isSteering, type SteeringSetting, steeringSettings } from './recipe/steering-settings.js';
export {
  datasetFacts,
  plainDifferences,
  readRunConfig,
  runFingerprint,
  writeRunConfig,
} from './folder/run-config.js';
export { runExistsError } from './folder/run-exists-error.js';
export { openRunFolder, orRunFolderError, type RunFolder } from './folder/run-folder.js';
export { modelFile, readModelFolder } from './model/model-folder.js';
export { describeIssue } from './recipe/describe-issue.js';
export { recipeSchema } from './recipe/parse-recipe.js';
export { settingPaths } from './recipe/setting-paths.js';
export { missingLogBytes } from './folder/missing-log-bytes.js';
