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
export { type InMemoryDataset, builtInDataset, openDataset } from '@dmnn/data';
export { type CalibrationOptions, calibrateNetwork } from './begin/calibrate-network.js';
export { type PruneRound } from './begin/prune-round.js';
export {
  type DemoEvent,
  type DemoOptions,
  type DemoResult,
  type DemoRow,
  runDemo,
} from './paper/demo/run-demo.js';
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
export {
  type LearningRate,
  constantRate,
  cosineRate,
  stepRate,
  withWarmUp,
} from './optimiser/learning-rate.js';
export { Sgd, type SgdOptions } from './optimiser/sgd.js';
export { type ChannelGroup, channelGroups } from './baselines/pruning/channel-groups.js';
export {
  type PruneOptions,
  type PruneSettings,
  type PrunedNetwork,
  prune,
} from './baselines/pruning/prune.js';
export { type RemovedChannels, removeChannels } from './baselines/pruning/remove-channels.js';
export { type ChannelPlace, lowestChannels } from './baselines/pruning/select-channels.js';
export { type TaylorCriterion, taylorScores } from './baselines/pruning/taylor-scores.js';
export { laptopRecipe } from './paper/reproduce/laptop-recipe.js';
export { type MeasuredPace, type MeasurePaceOptions, measurePace } from './paper/reproduce/measure-pace.js';
export { type MeasuredRow, measuredRow } from './paper/reproduce/measured-row.js';
export {
  type ReproduceOptions,
  type Reproduction,
  assertRowData,
  reproduce,
  reproductionRecipe,
} from './paper/reproduce/reproduce.js';
export {
  type MeasuredSpread,
  type ReproduceSeedsOptions,
  type SeedRun,
  type SeedsReproduction,
  type Spread,
  reproduceSeeds,
} from './paper/reproduce/reproduce-seeds.js';
export { type TrainingMemory, trainingMemory } from './paper/reproduce/training-memory.js';
export { type ReproductionScale } from './paper/reproduce/reproduction-scale.js';
export { rowRecipe } from './paper/reproduce/row-recipe.js';
export { UnsupportedRowError } from './paper/reproduce/unsupported-row-error.js';
export { type BackendFacts } from './run/compute-environment.js';
export { type LoadedRun, loadRun } from './run/load-run.js';
export {
  type CompareTablesOptions,
  type OurNumbers,
  type TableRow,
  compareTables,
} from './paper/tables/compare-tables.js';
export { type WidthEvaluation } from './evaluate/width-evaluation.js';
export { paperRow } from './paper/tables/paper-row.js';
export { type PaperNumbers, type RowSystem } from './paper/tables/paper-numbers.js';
export { type PaperRow, paperRows } from './paper/tables/paper-rows.js';
export { UnknownRowError } from './paper/tables/unknown-row-error.js';
export { type GatingOptimum, gatingOptimum } from './train/gating-optimum.js';
export { type LossValues } from './train/step-values.js';
export { type Pace, type TrainEvent } from './train/train-events.js';
export { train } from './train.js';
export { type TrainOptions, architectureOf } from './train/train-with.js';
export { type TrainResult } from './train/training-run.js';
export { TrainingError, type TrainingErrorDetails } from './training-error.js';
