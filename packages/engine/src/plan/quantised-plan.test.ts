import type { Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { anyPaddedTiny, anyTiny, arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { interpretPlan } from '../fixtures/interpret-plan.js';
import { randomGates } from '../fixtures/masked-outputs.js';
import { observedQuantisation } from '../fixtures/observed-quantisation.js';
import type { ConvolutionStep, EnginePlan, PlanStep } from './engine-plan.js';
import { makePlan } from './make-plan.js';
import { withFloatSteps } from './with-float-steps.js';

/**
 * Random weights of few channels amplify what is rounded, a few of them much: no bound holds for all, so that the networks
 * are always the same ones.
 */
const CLOSE = 0.3;
const SAME = { seed: 1, numRuns: 60 };

/** A network, its quantised plan and what float32 computes, for an image and a pattern of a seed. */
function quantised(architecture: Architecture, seed: number) {
  const network = { architecture, weights: arbitraryWeights(architecture, seed) };
  const image = arbitraryImage(architecture.imageSizePx ** 2 * architecture.inChannels, seed);
  const quantisation = observedQuantisation(network, image);
  let draw = seed;
  const pattern = randomGates(architecture, () => (draw = (draw * 48_271) % 2_147_483_647) / 2_147_483_647);
  const plan = makePlan(network, { quantisation });
  const expected = interpretPlan(makePlan(network), image, pattern).logits;
  return { network, quantisation, plan, image, pattern, expected };
}

function allSteps(steps: readonly PlanStep[]): PlanStep[] {
  return steps.flatMap((step) => (step.kind === 'branch' ? step.cases.flatMap(allSteps) : [step]));
}

function convolutions({ steps }: EnginePlan): ConvolutionStep[] {
  return allSteps(steps).filter((step) => step.kind === 'convolution');
}

describe('a quantised plan', () => {
  it('computes what float32 computes, as closely as 8 bits allow, for small networks of all kinds', () => {
    const differences: number[] = [];
    fc.assert(
      fc.property(anyTiny, fc.integer({ min: 1, max: 1000 }), (architecture, seed) => {
        const { plan, image, pattern, expected } = quantised(architecture, seed);
        const difference = relativeDifference(interpretPlan(plan, image, pattern).logits, expected);
        expect(difference).toBeLessThan(CLOSE);
        differences.push(difference);
      }),
      SAME,
    );
    const sorted = differences.sort((a, b) => a - b);
    expect(sorted).toHaveLength(SAME.numRuns);
    expect(sorted[SAME.numRuns / 2]).toBeLessThan(0.03);
  });

  it('computes what float32 computes with padding that differs from side to side, too', () => {
    const differences: number[] = [];
    const uneven = anyPaddedTiny.filter((architecture) => {
      const plan = makePlan({ architecture, weights: arbitraryWeights(architecture, 1) });
      return convolutions(plan).some(({ padding }) => new Set(Object.values(padding)).size > 1);
    });
    fc.assert(
      fc.property(uneven, fc.integer({ min: 1, max: 1000 }), (architecture, seed) => {
        const { plan, image, pattern, expected } = quantised(architecture, seed);
        const difference = relativeDifference(interpretPlan(plan, image, pattern).logits, expected);
        expect(difference).toBeLessThan(CLOSE);
        differences.push(difference);
      }),
      { ...SAME, numRuns: 30 },
    );
    const sorted = differences.sort((a, b) => a - b);
    expect(sorted).toHaveLength(30);
    expect(sorted[15]).toBeLessThan(0.03);
  });

  it('computes the same with convolutions in floats, up to the rounding of filters', () => {
    fc.assert(
      fc.property(anyTiny, fc.integer({ min: 1, max: 1000 }), (architecture, seed) => {
        const { plan, image, pattern, expected } = quantised(architecture, seed);
        const all = new Set(Array.from({ length: 1000 }, (_, i) => i));
        const inFloats = withFloatSteps(plan, all);
        expect(convolutions(inFloats).some(({ from }) => inFloats.maps[from]?.quantised)).toBe(false);
        expect(relativeDifference(interpretPlan(inFloats, image, pattern).logits, expected)).toBeLessThan(
          CLOSE,
        );
        const some = withFloatSteps(plan, new Set([1, 3]));
        expect(relativeDifference(interpretPlan(some, image, pattern).logits, expected)).toBeLessThan(CLOSE);
        expect(withFloatSteps(plan, new Set())).toEqual(plan);
      }),
      { ...SAME, numRuns: 20 },
    );
  });

  it('keeps all maps that flow between blocks of a stage in multiples of one scale, unsigned after a ReLU', () => {
    const { plan } = quantised(createArchitecture('dmnn-cifar-resnet8-n2', { imageSizePx: 8 }), 3);
    for (const step of convolutions(plan)) {
      if (step.added === undefined) continue;
      const { channels, sizePx, slot, quantised: kept } = plan.maps[step.to]!;
      expect(kept?.signed).toBe(false);
      const alike = plan.maps.filter(
        (map) => map.slot === slot && map.channels === channels && map.sizePx === sizePx,
      );
      expect(alike).toContain(plan.maps[step.added]);
    }
    const [, second] = plan.steps.filter((step) => step.kind === 'branch');
    expect(new Set(second?.cases.flatMap(convolutionsOf).flatMap(({ to, added }) => (added === undefined ? [] : [to]))).size).toBe(1); // prettier-ignore
  });

  it('keeps the linear maps of MobileNetV2 signed, and adds to them in place', () => {
    const { plan } = quantised(createArchitecture('dmnn-cifar-mobilenetv2-n2', { imageSizePx: 16 }), 3);
    const adding = convolutions(plan).filter(({ added }) => added !== undefined);
    expect(adding.length).toBeGreaterThan(0);
    for (const { to, added } of adding) {
      expect(added).toBe(to);
      expect(plan.maps[to]?.quantised?.signed).toBe(true);
    }
  });

  it('keeps sums of sub-blocks that do not run as one path in floats, since 8 bits would cut partial sums off', () => {
    const { plan } = quantised(createArchitecture('dmnn-cifar-resnet8-n6', { imageSizePx: 8 }), 3);
    const adding = convolutions(plan).filter(({ added }) => added !== undefined);
    expect(adding.length).toBeGreaterThan(0);
    for (const { to, added } of adding) {
      expect([plan.maps[to]?.quantised, plan.maps[added!]?.quantised]).toEqual([undefined, undefined]);
    }
  });

  it('has ranges for the hidden maps of every sub-block, and refuses to do without one', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { imageSizePx: 8 });
    const { network, quantisation } = quantised(architecture, 3);
    const [path] = Object.keys(quantisation.ranges).filter((site) => site.includes('subblock1'));
    const { [path!]: left, ...ranges } = quantisation.ranges;
    expect(left).toBeGreaterThan(0);
    expect(() => makePlan(network, { quantisation: { ...quantisation, ranges } })).toThrow(
      expect.objectContaining({
        code: 'DMNN_ENGINE',
        message: `quantisation: expected the range of ${path!}, got none. Quantise this network again.`,
      }),
    );
  });
});

function convolutionsOf(steps: readonly PlanStep[]): ConvolutionStep[] {
  return steps.filter((step) => step.kind === 'convolution');
}
