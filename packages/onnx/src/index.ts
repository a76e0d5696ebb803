export { type ImageLayout, type Inference } from '@dmnn/architecture';
export { exportCascade } from './export-cascade.js';
export { exportOnnx } from './export-onnx.js';
export { type CascadePart } from './export/cascade-part.js';
export { type ExportQuantisation } from './export/export-quantisation.js';
export { type ExportOptions, type IfLayout } from './export/export-options.js';
export { type FileCascade, type FileDescription, type FileStage } from './file-description.js';
export {
  type EngineOptions,
  type EngineSession,
  type EngineTensor,
  type OnnxRuntime,
} from './session/engine.js';
export { cpuLanes } from './session/cpu-lanes.js';
export { type RunOptions } from './session/inference.js';
export { DynamicSession, type DynamicSessionOptions, type SessionForm } from './session/node-session.js';
export { readDescription } from './session/read-description.js';
export { withThresholds } from './with-thresholds.js';
