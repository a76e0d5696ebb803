export { type EngineCascadeData, type EngineCascadePart } from './cascade/cascade-parts.js';
export {
  type CascadeDescription,
  type CascadeImage,
  type EngineCascade,
  type EngineCascadeInference,
  type EngineCascadeRunOptions,
  type EngineCascadeStage,
} from './cascade/engine-cascade.js';
export { type EngineCascadeOptions, openEngineCascade } from './cascade/open-engine-cascade.js';
export { diagnoseEngine, type EngineReport } from './install/diagnose-engine.js';
export { type EngineBuild, type EngineManifest } from './install/engine-build.js';
export { type InstalledEngine, installEngine, type InstallEngineOptions } from './install/install-engine.js';
export { type LocatedEngine, locateEngine, type LocateOptions } from './install/locate-engine.js';
export { removeEngine } from './install/remove-engine.js';
export { encodePlan } from './plan/encode-plan.js';
export {
  type ActivateStep,
  type AddStep,
  type BranchStep,
  type CellStep,
  type ConvolutionStep,
  type CopyStep,
  type DecideStep,
  type EnginePlan,
  type ExitStep,
  type FilterJoin,
  type LinearStep,
  type MaxPoolStep,
  type MeanStep,
  type ObserveStep,
  type PlanFilter,
  type PlanMap,
  type PlanStep,
  type QuantisedNumbers,
  type WidenStep,
} from './plan/engine-plan.js';
export { makePlan, type PlanOptions } from './plan/make-plan.js';
export { AgreementCounter } from './quantisation/agreement-counter.js';
export {
  type Agreement,
  assertQuantisationFits,
  parseQuantisation,
  type Quantisation,
  quantisationText,
} from './quantisation/quantisation.js';
export { quantiseNetwork, type QuantiseOptions } from './session/quantise-network.js';
export { type Engine, type EngineInference, type EngineRunOptions } from './session/engine.js';
export { type ExitChoice } from './exits/exit-settings.js';
export { type ExitDescription, type NetworkDescription } from './session/network-description.js';
export { type EngineOptions, openEngine } from './session/open-engine.js';
export { type Precision, type PrecisionChoice } from './session/precision.js';
