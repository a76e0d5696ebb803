export {
  assertSameClasses,
  cascade,
  type Cascade,
  type CascadeOptions,
  type CascadePlace,
  cascadeStages,
} from './cascade/cascade.js';
export { openCascade, saveCascade } from './cascade/cascade-folder.js';
export { CheckpointError } from './folder/checkpoint-error.js';
export { type ComputeEnvironment, environmentDifferences } from './folder/compute-environment.js';
export { readMetrics, type ReadMetricsOptions } from './folder/metrics-log.js';
export { type DatasetFacts, recipeAt, type RunConfig, type StartFacts } from './folder/run-config.js';
export { type SettingsChange } from './folder/settings-change.js';
export { RunFolderError, type RunFolderErrorCode } from './folder/run-folder-error.js';
export { type BestSoFar } from './folder/checkpoint-contents.js';
export {
  type AlarmRecord,
  type EnvironmentRecord,
  type EpochRecord,
  type LoggedEvaluation,
  type LoggedExit,
  type LoggedLoss,
  type LoggedPruning,
  type LoggedWidth,
  type LostRecord,
  type MetricsRecord,
  type StartRecord,
  type StepRecord,
  type UnknownRecord,
  type WrittenRecord,
} from './metrics/metrics-record.js';
export { MetricsError } from './metrics/metrics-error.js';
export { type ReadLinesOptions } from './metrics/metrics-line.js';
export { type LineProblem } from './metrics/summed-lines.js';
export { parseMetrics } from './metrics/parse-metrics.js';
export { ModelFolderError } from './model/model-folder-error.js';
export { type SavedModel, saveModel } from './model/model-folder.js';
export { type ImportedFrom, type Model } from './model/model.js';
export {
  type GateSetting,
  type NetworkSetting,
  partNames,
  settingText,
  withGates,
} from './model/network-setting.js';
export {
  isCascade,
  type ModelSource,
  type OpenedNetworkData,
  openNetworkData,
} from './model/open-network-data.js';
export {
  type CheckpointFacts,
  loadRunConfig,
  type ReadRun,
  readRun,
  type ReadRunOptions,
} from './read-run.js';
export { type GatingTarget, gatingTarget, type TargetRecipe } from './recipe/gating-target.js';
export { overrideRecipe } from './recipe/override-recipe.js';
export { parseRecipe } from './recipe/parse-recipe.js';
export { RecipeError, type RecipeErrorCode } from './recipe/recipe-error.js';
export {
  type ExitsRecipe,
  type FineTuningRecipe,
  type GatingRecipe,
  type LearningRateFactors,
  type LearningRateRecipe,
  type ModelRecipe,
  type OptimiserRecipe,
  type PruningRecipe,
  type Recipe,
} from './recipe/recipe.js';
export { type PolicyRecipe, type PolicyRecipes } from './recipe/policy-recipe.js';
export { type ImagesForRecipe, recipeForImages } from './recipe/recipe-for-images.js';
export { recipeNamed, recipeNames } from './recipe/recipes.js';
