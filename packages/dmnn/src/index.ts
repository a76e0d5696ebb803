export type { Architecture } from '@dmnn/architecture';
export { createArchitecture, type ModelOptions } from '@dmnn/backbones';
export type { Dataset } from '@dmnn/data';
export {
  countNetwork,
  type FlopsTable,
  flopsTable,
  fullMacs,
  type NetworkCount,
  patternMacs,
} from '@dmnn/flops';
export type { Network } from '@dmnn/network';
export type { ReportData } from '@dmnn/report';
export type { OpenedNetworkData, Recipe } from '@dmnn/runs';
export type { BackendReport, ChooseBackendOptions } from '@dmnn/runtime';
export type { EvaluateOptions, Evaluation, TrainOptions, TrainResult } from '@dmnn/trainer';
export { createNetwork, type CreateNetworkOptions } from './create-network.js';
export {
  chooseBackend,
  collectReport,
  evaluate,
  explain,
  exportModel,
  importModel,
  openDataset,
  openNetworkData,
  predict,
  recipeNamed,
  recipeNames,
  train,
  writeReport,
} from './lazy.js';
export { listModels, type ModelListing } from './list-models.js';
export type { CollectReportOptions } from './report/collect-report.js';
export type { WrittenReport } from './report/write-report.js';
export type { PredictOptions } from './classify/predict.js';
export type { LikelyClass } from './classify/likeliest-classes.js';
export type { Prediction, UnreadableImage } from './classify/predict-images.js';
export type { ExplainOptions } from './explain/explain.js';
export type { ExplainedBlock, ExplainedSubBlock, Explanation, MeanCost } from './explain/explanation.js';
export type { ExportModelOptions } from './export-model.js';
export type { ImportModelOptions, ImportedModel } from './import-model.js';
