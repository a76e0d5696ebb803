export {
  answerImage,
  type AnsweringPart,
  type ExitSettings,
  type ImageAnswer,
  type ReachedStage,
  type StagedOutputs,
} from './answer-image.js';
export {
  calibrationError,
  type CalibrationBin,
  type CalibrationError,
  type CalibrationErrorOptions,
} from './calibration-error.js';
export { cascadeAnswers, type CascadeAnswers, type CascadeStage } from './cascade-answers.js';
export {
  cascadeInference,
  type CascadeInference,
  type CostedStage,
  type GatedOutputs,
} from './cascade-inference.js';
export {
  answersWith,
  type CascadeAim,
  type CascadeSettings,
  chooseSettings,
  type ChooseSettingsOptions,
  type UncalibratedStage,
} from './choose-settings.js';
export {
  type ConfidenceMeasure,
  confidenceMeasures,
  confidenceOf,
  confidenceOfProbabilities,
  type ConfidenceOptions,
} from './confidence-of.js';
export { confident, type ConfidentOptions, type ConfidentPolicy } from './confident.js';
export {
  type CascadeEvaluation,
  evaluateByHalves,
  evaluateCascade,
  type HalvesEvaluation,
} from './evaluate-cascade.js';
export {
  FEWEST_CALIBRATION_IMAGES,
  fitTemperature,
  type FitTemperatureOptions,
  type TemperatureFit,
} from './fit-temperature.js';
export { interpolatedSystem, type InterpolatedSystem, type MeasuredSystem } from './interpolated-system.js';
export { type Logits } from './logits.js';
export { logitsOfRows } from './logits-of-rows.js';
export { meanOverSeeds, type MeanOverSeeds } from './mean-over-seeds.js';
export {
  type BootstrapDifference,
  pairedBootstrap,
  type PairedBootstrapOptions,
} from './paired-bootstrap.js';
export { probabilities } from './probabilities.js';
export {
  type FixedSystem,
  randomControl,
  type RandomControl,
  type RandomControlOptions,
} from './random-control.js';
export { type CascadeOutcome, runCascade, wrongAnswers } from './run-cascade.js';
export {
  type AnswerOptions,
  type Combination,
  combinations,
  nextAnswer,
  type StageAnswer,
} from './stage-answer.js';
export {
  type ChosenThresholds,
  thresholdsForBudget,
  type ThresholdsForBudgetOptions,
} from './thresholds-for-budget.js';
export {
  smallestDrop,
  thresholdsForDrop,
  type ThresholdsForDrop,
  type ThresholdsForDropOptions,
} from './thresholds-for-drop.js';
