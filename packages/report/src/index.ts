export {
  type CascadeCurvePoint,
  type CascadeReportData,
  type CascadeResult,
  type ReliabilityBin,
  type StageReport,
} from './cascade-report-data.js';
export { cascadeReportFigures, cascadeReportHtml } from './cascade-report-html.js';
export { assertReportData } from './assert-report-data.js';
export {
  type ComparedSystem,
  type ComparisonData,
  type StoppedImage,
  type StoppingPlace,
} from './comparison/comparison-data.js';
export { comparisonHtml } from './comparison/comparison-html.js';
export { type PngPixels, pngDataUri } from './png-data-uri.js';
export {
  type CostCurve,
  type CostCurvePoint,
  type CategoryRates,
  type ClassSamples,
  type ComparedNumbers,
  type EpochPoint,
  type ExitResult,
  type GatedBlockName,
  type PaperComparison,
  type PatternControlResult,
  type ReportData,
  type ReportRun,
  type RunEvaluation,
  type SampleImage,
  type StepPoint,
  type TrainingRecord,
} from './report-data.js';
export { type ReportFigure, reportFigures } from './report-figures.js';
export { reportHtml } from './report-html.js';
