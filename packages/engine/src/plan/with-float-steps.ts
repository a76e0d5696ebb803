import type { ConvolutionStep, EnginePlan, PlanMap, PlanStep } from './engine-plan.js';

/**
 * A quantised plan in which some convolutions are computed in floats: their maps are converted before and after.
 *
 * @param primitives - numbers of these convolutions among all convolutions and pools, in the order of the plan
 */
export function withFloatSteps(plan: EnginePlan, primitives: ReadonlySet<number>): EnginePlan {
  const maps: PlanMap[] = [...plan.maps];
  const free = Math.max(...maps.map(({ slot }) => slot)) + 1;
  const floats = (like: number, slot: number): number => {
    maps.push({ ...(plan.maps[like] as PlanMap), slot, quantised: undefined });
    return maps.length - 1;
  };
  const isQuantised = (map: number) => plan.maps[map]?.quantised !== undefined;

  const inFloats = (step: ConvolutionStep): PlanStep[] => {
    const from = floats(step.from, free);
    const before: PlanStep[] = [{ kind: 'copy', from: step.from, to: from }];
    if (!isQuantised(step.to)) return [...before, { ...step, from }];
    const to = floats(step.to, free + 1);
    if (step.added !== undefined) before.push({ kind: 'copy', from: step.added, to });
    const added = step.added === undefined ? undefined : to;
    return [...before, { ...step, from, to, added }, { kind: 'copy', from: to, to: step.to }];
  };

  let next = 0;
  const rewritten = (steps: readonly PlanStep[]): PlanStep[] =>
    steps.flatMap((step): PlanStep[] => {
      if (step.kind === 'branch') return [{ ...step, cases: step.cases.map(rewritten) }];
      if (step.kind === 'exit') return [{ ...step, steps: rewritten(step.steps) }];
      if (step.kind === 'max-pool') next += 1;
      if (step.kind !== 'convolution') return [step];
      return primitives.has(next++) && isQuantised(step.from) ? inFloats(step) : [step];
    });
  const steps = rewritten(plan.steps);
  return { ...plan, maps, steps };
}
