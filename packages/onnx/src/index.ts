export { exportOnnx } from './export-onnx.js';
export { ExportError } from './export/export-error.js';
export { type ExportOptions, type IfLayout } from './export/export-options.js';
export { type ExportWeight, type ExportWeights } from './export/weight-reader.js';
export { type FileDescription } from './file-description.js';
