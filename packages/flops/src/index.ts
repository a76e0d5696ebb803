export { type Conventions, describeConventions, paperConventions } from './conventions.js';
export { type CountOptions, countNetwork, countUndivided } from './count-network.js';
export {
  type ExitCosts,
  type FlopsTable,
  alwaysMacs,
  flopsTable,
  fullMacs,
  tableUntilExit,
  type GateCosts,
  highestCost,
  macCosts,
  meanCost,
  type Gates,
  type SubBlockCosts,
  type BatchMacs,
  type BatchMacsOptions,
  batchMacs,
  patternMacs,
} from './gate-costs.js';
export { macsRatio } from './macs-ratio.js';
export {
  type BlockCount,
  type ExitCount,
  type LayerCount,
  type NetworkCount,
  type SubBlockCount,
} from './network-count.js';
export {
  type ThresholdChoice,
  type ThresholdForBudgetOptions,
  thresholdForBudget,
} from './threshold-for-budget.js';
