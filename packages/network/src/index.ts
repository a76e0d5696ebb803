export { CategoryHeads, type StateShapes } from './category-heads.js';
export { type NetworkOptions, createNetwork } from './create-network.js';
export { type Execution } from './executions/execution.js';
export { explainFailure, type FailedPass } from './checks/explain-failure.js';
export { type ForwardOptions, type ForwardPass, Network } from './network.js';
export { type LargestTensor } from './checks/out-of-memory-error.js';
export { releaseTape } from './checks/release-tape.js';
export { type Statistics } from './layers/statistics.js';
