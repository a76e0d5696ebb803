export {
  type PruneOptions,
  type PruneSettings,
  type PrunedNetwork,
  prune,
} from './baselines/pruning/prune.js';
export { type TaylorCriterion } from './baselines/pruning/taylor-scores.js';
export { type CalibrationOptions, calibrateNetwork } from './begin/calibrate-network.js';
export { type PruneRound } from './begin/prune-round.js';
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
  type LatencyEnvironment,
  type LatencyOrigin,
  type LatencyTable,
  type PredictionError,
  latencyCosts,
  latencyOrigin,
  parseLatencyTable,
} from './budget/latency-table.js';
export { type MeasureLatenciesOptions, measureLatencies } from './budget/measure-latencies.js';
export {
  type CascadeExecution,
  type CascadePart,
  runStages,
  type RunStagesOptions,
  type StagesOutcome,
} from './cascade/run-stages.js';
export { uncalibratedStages } from './cascade/uncalibrated-stages.js';
export { type ExitTimes, type ExitTimesOptions, exitTimes } from './cascade/exit-times.js';
export {
  type ExitOutputs,
  stageOutputs,
  type StageOutputs,
  type StageOutputsOptions,
} from './cascade/stage-outputs.js';
export {
  type ControlPattern,
  type ControlledGates,
  type PatternControl,
  type PatternControlOptions,
  type PatternNorms,
  type PatternOrder,
  patternControls,
} from './control/pattern-control.js';
export { type ControlRuns } from './control/pattern-evaluation.js';
export { type FixedPattern } from './control/patterns-near.js';
export {
  type CompareExecutionsOptions,
  type ExecutionComparison,
  compareExecutions,
} from './evaluate/compare-executions.js';
export {
  type EngineDecision,
  type EngineFacts,
  type EngineNetwork,
  type EngineOutputs,
} from './evaluate/engine-network.js';
export { type EvaluateEngineOptions, evaluateEngine } from './evaluate/evaluate-engine.js';
export { type EvaluateOptions, evaluate } from './evaluate/evaluate.js';
export {
  type Evaluation,
  type EvaluationCost,
  type EvaluationErrors,
  type EvaluationGates,
  type ExitEvaluation,
} from './evaluate/evaluation.js';
export { type OnSkipped } from './evaluate/on-skipped.js';
export { type WidthEvaluation } from './evaluate/width-evaluation.js';
export { type GateAlarm, gateAlarms } from './guards/gate-alarms.js';
export { type GateAlarmContext } from './guards/gate-findings.js';
export { type GateRecord, gateHistory } from './guards/gate-record.js';
export { type LearningRate, overSteps, withWarmUp } from './optimiser/learning-rate.js';
export { Sgd, type SgdOptions } from './optimiser/sgd.js';
export { type BackendFacts } from './run/compute-environment.js';
export { type LoadedRun, loadRun } from './run/load-run.js';
export { train } from './train.js';
export { gateDecision } from './gates/gate-decision.js';
export { type GatingOptimum, gatingOptimum } from './gates/gating-optimum.js';
export { type LossValues } from './train/step-values.js';
export { type StepFigures } from './train/step-record.js';
export { type Pace, type TrainEvent } from './train/train-events.js';
export { architectureOf } from './train/architecture-of.js';
export { type TrainOptions } from './train/train-with.js';
export { type TrainingMemory, trainingMemory } from './train/training-memory.js';
export { type TrainResult } from './train/training-run.js';
export { type TrainingErrorDetails } from './training-error.js';
