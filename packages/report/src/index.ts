export { assertReportData } from './assert-report-data.js';
export { type PngPixels, pngDataUri } from './png-data-uri.js';
export {
  type CostCurve,
  type CostCurvePoint,
  type CategoryRates,
  type ClassSamples,
  type ComparedNumbers,
  type EpochPoint,
  type GatedBlockName,
  type PaperComparison,
  type ReportData,
  type ReportRun,
  type RunEvaluation,
  type SampleImage,
  type StepPoint,
  type TrainingRecord,
} from './report-data.js';
export { type ReportFigure, reportFigures } from './report-figures.js';
export { reportHtml } from './report-html.js';
