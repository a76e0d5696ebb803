export { explainFailure, type FailedPass } from './checks/explain-failure.js';
export { type LargestTensor } from './checks/out-of-memory-error.js';
export { releaseTape } from './checks/release-tape.js';
