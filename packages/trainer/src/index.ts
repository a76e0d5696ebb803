export {
  type BudgetCurve,
  type BudgetCurveOptions,
  type BudgetPoint,
  budgetCurve,
} from './budget/budget-curve.js';
export { calibrationImages } from './budget/calibration-images.js';
export {
  type BudgetThreshold,
  type FindThresholdsOptions,
  type ThresholdProgress,
  type ThresholdsFound,
  findThresholds,
} from './budget/find-thresholds.js';
export {
  type LatencyTable,
  type PredictionError,
  latencyCosts,
  parseLatencyTable,
} from './budget/latency-table.js';
export { LatencyTableError } from './budget/latency-table-error.js';
export { type MeasureLatenciesOptions, measureLatencies } from './budget/measure-latencies.js';
export { type ImageDataset, builtInDataset, openDataset } from '@dmnn/data';
export { type CalibrationOptions, calibrateNetwork } from './begin/calibrate-network.js';
export { type DemoEvent, type DemoOptions, type DemoResult, type DemoRow, runDemo } from './demo/run-demo.js';
export {
  type CompareExecutionsOptions,
  type ExecutionComparison,
  compareExecutions,
} from './evaluate/compare-executions.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate/evaluate.js';
export { EvaluationError } from './evaluate/evaluation-error.js';
export { type OnSkipped } from './evaluate/on-skipped.js';
export { type GateAlarm, gateAlarms } from './guards/gate-alarms.js';
export { type GateAlarmContext } from './guards/gate-findings.js';
export { type GateRecord, gateHistory } from './guards/gate-record.js';
export { type ImportedFrom, type Model } from './model/model.js';
export { type SavedModel, saveModel } from './model/model-folder.js';
export { ModelFolderError } from './model/model-folder-error.js';
export { type ModelSource, type OpenedModel, openModel } from './model/open-model.js';
export {
  type LearningRate,
  constantRate,
  cosineRate,
  stepRate,
  withWarmUp,
} from './optimiser/learning-rate.js';
export { Sgd, type SgdOptions } from './optimiser/sgd.js';
export { overrideRecipe } from './recipe/override-recipe.js';
export { parseRecipe } from './recipe/parse-recipe.js';
export {
  type FineTuningRecipe,
  type GatingRecipe,
  type LearningRateRecipe,
  type ModelRecipe,
  type OptimiserRecipe,
  type PruningRecipe,
  type Recipe,
} from './recipe/recipe.js';
export { RecipeError, type RecipeErrorCode } from './recipe/recipe-error.js';
export { recipeNamed, recipeNames } from './recipe/recipes.js';
export { type ChannelGroup, channelGroups } from './pruning/channel-groups.js';
export {
  type PruneOptions,
  type PruneRound,
  type PruneSettings,
  type PrunedNetwork,
  prune,
} from './pruning/prune.js';
export { type PlainNetwork, type RemovedChannels, removeChannels } from './pruning/remove-channels.js';
export { type ChannelPlace, lowestChannels } from './pruning/select-channels.js';
export { type TaylorCriterion, taylorScores } from './pruning/taylor-scores.js';
export { laptopRecipe } from './reproduce/laptop-recipe.js';
export { type MeasuredPace, type MeasurePaceOptions, measurePace } from './reproduce/measure-pace.js';
export { type MeasuredRow, measuredRow } from './reproduce/measured-row.js';
export {
  type ReproduceOptions,
  type Reproduction,
  assertRowData,
  reproduce,
  reproductionRecipe,
} from './reproduce/reproduce.js';
export {
  type MeasuredSpread,
  type ReproduceSeedsOptions,
  type SeedRun,
  type SeedsReproduction,
  type Spread,
  reproduceSeeds,
} from './reproduce/reproduce-seeds.js';
export { type TrainingMemory, trainingMemory } from './reproduce/training-memory.js';
export { type ReproductionScale } from './reproduce/reproduction-scale.js';
export { rowRecipe } from './reproduce/row-recipe.js';
export { UnsupportedRowError } from './reproduce/unsupported-row-error.js';
export { BadImagesError } from './run/bad-images-error.js';
export { CheckpointError } from './run/checkpoint-error.js';
export { type BackendFacts, type ComputeEnvironment } from './run/compute-environment.js';
export { type LoadedRun, type ReadRunOptions, loadRun, loadRunConfig } from './run/load-run.js';
export { type MetricsRecord, readMetrics } from './run/metrics-log.js';
export { type DatasetFacts, type RunConfig, type StartFacts } from './run/run-config.js';
export { type RunFileSystem, nodeFileSystem } from './run/run-file-system.js';
export { RunFolderError, type RunFolderErrorCode } from './run/run-folder-error.js';
export { type BestSoFar } from './run/run-state.js';
export {
  type CompareTablesOptions,
  type OurNumbers,
  type TableRow,
  compareTables,
} from './tables/compare-tables.js';
export { type WidthEvaluation } from './slimmable/evaluate-widths.js';
export { narrowWeights, slicedWeights } from './slimmable/sliced-weights.js';
export { paperRow } from './tables/paper-row.js';
export { type PaperNumbers, type RowSystem } from './tables/paper-numbers.js';
export { type PaperRow, paperRows } from './tables/paper-rows.js';
export { UnknownRowError } from './tables/unknown-row-error.js';
export { type GatingOptimum, gatingOptimum } from './train/gating-optimum.js';
export { type LossValues } from './train/step-values.js';
export { type Pace, type TrainEvent } from './train/train-events.js';
export { type TrainOptions, architectureOf, train } from './train/train.js';
export { type TrainResult } from './train/training-run.js';
export { TrainingError, type TrainingErrorDetails } from './training-error.js';
