export { encodePlan } from './plan/encode-plan.js';
export { type EnginePlan, type PlanStep } from './plan/engine-plan.js';
export { makePlan, type PlanOptions } from './plan/make-plan.js';
export { diagnoseEngine, type EngineReport } from './install/diagnose-engine.js';
export type { EngineBuild, EngineManifest } from './install/engine-build.js';
export { type InstalledEngine, installEngine, type InstallEngineOptions } from './install/install-engine.js';
export { type LocatedEngine, locateEngine, type LocateOptions } from './install/locate-engine.js';
export { removeEngine } from './install/remove-engine.js';
