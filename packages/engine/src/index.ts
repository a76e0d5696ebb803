export { encodePlan } from './plan/encode-plan.js';
export { type EnginePlan, type PlanStep } from './plan/engine-plan.js';
export { makePlan, type PlanOptions } from './plan/make-plan.js';
