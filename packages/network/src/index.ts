export { type CategoryHeads, type CategoryHeadsOptions, createCategoryHeads } from './category-heads.js';
export { type NetworkOptions, createNetwork } from './create-network.js';
export { type Execution } from './executions/execution.js';
export { type AtExit, type LeavePolicy } from './executions/leave-policy.js';
export { type ForwardOptions, type ForwardPass, Network } from './network.js';
export { type Statistics } from './layers/statistics.js';
