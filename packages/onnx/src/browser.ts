export { exportOnnx } from './export-onnx.js';
export { cpuLanes } from './session/cpu-lanes.js';
export { DynamicSession } from './session/browser-session.js';
export { readDescription } from './session/read-description.js';
