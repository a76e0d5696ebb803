import {
  type Activation,
  type Architecture,
  activations,
  gatedBlocks,
  paperController,
  withExits,
} from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import {
  anyPaddedTiny,
  anyTinyWithExits,
  arbitraryImage,
  tinyArchitecture,
  relativeDifference,
} from '@dmnn/test-networks';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { type Float32Tensor, variableSpecs } from '@dmnn/weights';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpretPlan } from '../fixtures/interpret-plan.js';
import { stagedOutputs } from '../fixtures/staged-outputs.js';
import { maskedOutputs, randomGates } from '../fixtures/masked-outputs.js';
import type { EnginePlan, PlanStep } from './engine-plan.js';
import { makePlan } from './make-plan.js';

/** The plan's logits under a pattern differ from those of masked execution by at most 1e-4 of the largest. */
function expectAgreement(
  architecture: Architecture,
  { seed, padChannelsTo }: { readonly seed: number; readonly padChannelsTo?: number },
): void {
  const weights = arbitraryWeights(architecture, seed);
  const plan = makePlan({ architecture, weights }, { padChannelsTo });
  const image = arbitraryImage(architecture.imageSizePx ** 2 * architecture.inChannels, seed);
  let draw = seed;
  const random = () => (draw = (draw * 48_271) % 2_147_483_647) / 2_147_483_647;
  const pattern = randomGates(architecture, random);
  const expected = maskedOutputs(architecture, weights, image, pattern);
  expect(relativeDifference(interpretPlan(plan, image, pattern).logits, expected.logits)).toBeLessThan(1e-4);

  const own = maskedOutputs(architecture, weights, image);
  // a gate that rounding decides may differ, and with it all that follows
  if (own.logOdds.flat().some((value) => Math.abs(value) < 1e-4)) return;
  const decided = interpretPlan(plan, image);
  expect(decided.gates).toEqual(own.gates);
  expect(relativeDifference(decided.logits, own.logits)).toBeLessThan(1e-4);
}

describe('makePlan', () => {
  it('a closed block applies its ReLU to what a block without one has added in place', () => {
    const architecture = tinyArchitecture([
      { kind: 'inverted-residual', shortcut: 'identity', subBlocks: 1 },
      { kind: 'bottleneck', shortcut: 'identity', subBlocks: 1, controller: paperController },
    ]);
    const weights = arbitraryWeights(architecture, 1);
    const image = arbitraryImage(architecture.imageSizePx ** 2 * 3, 1);
    const closed = maskedOutputs(architecture, weights, image, [[false]]);
    const { logits } = interpretPlan(makePlan({ architecture, weights }), image, [[false]]);
    expect(relativeDifference(logits, closed.logits)).toBeLessThan(1e-5);
  });

  it('has the exits that masked execution has, leaves them out unasked, and ends where an image stops', () => {
    fc.assert(
      fc.property(anyTinyWithExits, fc.integer({ min: 1, max: 1000 }), (architecture, seed) => {
        const weights = arbitraryWeights(architecture, seed);
        const image = arbitraryImage(architecture.imageSizePx ** 2 * architecture.inChannels, seed);
        const plan = makePlan({ architecture, weights });
        const own = maskedOutputs(architecture, weights, image);
        if (own.logOdds.flat().some((value) => Math.abs(value) < 1e-4)) return;
        const expected = stagedOutputs(architecture, weights, image);
        const all = interpretPlan(plan, image, undefined, () => false);
        for (const [e, logits] of [...all.exitLogits, all.logits].entries())
          expect(relativeDifference(logits, expected[e] as Float32Array)).toBeLessThan(1e-4);
        const without = interpretPlan(plan, image);
        expect([without.logits, without.gates]).toEqual([all.logits, all.gates]);
        expect(without.exitLogits).toEqual([]);
        const first = interpretPlan(plan, image, undefined, () => true);
        expect([first.logits, first.exitLogits]).toEqual([all.exitLogits[0], all.exitLogits.slice(0, 1)]);
        expect(first.ran.length).toBeLessThan(all.ran.length);
      }),
      { numRuns: 40 },
    );
  });

  it('plans a network with exits as the one without them, and exits in the same memory', () => {
    const base = createArchitecture('cifar-resnet8', { imageSizePx: 16 });
    const architecture = withExits(base, { exits: [0, 1] });
    const plan = makePlan({ architecture, weights: arbitraryWeights(architecture, 1) });
    const without = makePlan({ architecture: base, weights: arbitraryWeights(base, 1) });
    const slots = ({ maps }: EnginePlan) => new Set(maps.map(({ slot }) => slot)).size;
    expect(slots(plan)).toBe(slots(without));
    expect(plan.steps.filter(({ kind }) => kind !== 'exit').map(({ kind }) => kind)).toEqual(
      without.steps.map(({ kind }) => kind),
    );
  });

  it.each(Object.keys(activations) as Activation[])(
    'has %s between the linear layers of a head, as masked execution',
    (activation) => {
      const plain = tinyArchitecture([{ kind: 'basic', shortcut: 'identity', subBlocks: 2 }]);
      const hidden = [
        { features: 7, activation },
        { features: 5, activation },
      ];
      const architecture = { ...plain, head: { ...plain.head, hidden } };
      const { steps } = makePlan({ architecture, weights: arbitraryWeights(architecture, 1) });
      const head = steps.flatMap((step) => (step.kind === 'linear' ? [step.activation] : [])).slice(-3);
      expect(head).toEqual([activation, activation, 'none']);
      for (const seed of [1, 2, 3]) expectAgreement(architecture, { seed });
    },
  );

  it('computes what masked execution computes, for any small network', () => {
    fc.assert(
      fc.property(
        anyPaddedTiny,
        fc.integer({ min: 1, max: 1000 }),
        fc.constantFrom(1, 3, 16),
        (architecture, seed, padChannelsTo) => {
          expectAgreement(architecture, { seed, padChannelsTo });
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    'cifar-resnet8',
    'dmnn-cifar-resnet8-n2',
    'dmnn-cifar-resnet8-n4',
    'dmnn-cifar-resnet8-n6',
    'cifar-resnext29-4x24d-0.25',
    'convnet-aig-cifar-resnet20',
  ])('computes what masked execution computes: %s', (name) => {
    expectAgreement(createArchitecture(name, { imageSizePx: 8 }), { seed: 5 });
  });

  it.each(['dmnn-mobilenetv2-n2'])('computes what masked execution computes at 33 px: %s', (name) => {
    expectAgreement(createArchitecture(name, { imageSizePx: 33 }), { seed: 3, padChannelsTo: 16 });
  });

  it('runs nothing for a closed sub-block behind an identity', () => {
    const architecture = tinyArchitecture([
      { kind: 'bottleneck', shortcut: 'identity', subBlocks: 2, controller: paperController },
    ]);
    const plan = makePlan({ architecture, weights: arbitraryWeights(architecture, 1) });
    const [branch] = plan.steps.filter((step) => step.kind === 'branch');
    expect(branch?.cases[0]?.filter((step) => step.kind === 'convolution')).toEqual([]);
  });

  it('runs open sub-blocks of equal shape as one path, and adds in place', () => {
    const architecture = createArchitecture('dmnn50-n2', { imageSizePx: 32 });
    const plan = makePlan({ architecture, weights: equalWeights(architecture) });
    const branches = plan.steps.filter((step) => step.kind === 'branch');
    expect(branches).toHaveLength(gatedBlocks(architecture).length);
    for (const { cases } of branches) {
      expect(cases.map((steps) => convolutions(steps).length)).toEqual([0, 3, 3, 3]);
      for (const steps of cases.slice(1)) {
        const last = convolutions(steps).at(-1);
        expect(plan.maps[last?.added ?? -1]?.slot).toBe(plan.maps[last?.to ?? -1]?.slot);
      }
    }
    // the controller's mean outlives a block that runs nothing
    const behindIdentity = branches[1]?.cases[0];
    expect(behindIdentity).toEqual([]);
  });

  it('shares the weights of all patterns', () => {
    const architecture = createArchitecture('dmnn50-n4', { imageSizePx: 32 });
    const weights = equalWeights(architecture);
    const numbers = (tensors: Iterable<Float32Array>) =>
      [...tensors].reduce((sum, { length }) => sum + length, 0);
    const held = numbers(makePlan({ architecture, weights }).tensors);
    expect(held).toBeLessThan(numbers([...weights.values()].map(({ data }) => data)));
  });

  it('keeps the weights of large heads in bfloat16 where it is to, and never those of controllers', () => {
    const kept = (classes: number, bfloat16Heads?: boolean) => {
      const architecture = createArchitecture('dmnn50-n2', { imageSizePx: 32, classes });
      const { steps } = makePlan({ architecture, weights: equalWeights(architecture) }, { bfloat16Heads });
      const linear = steps.flatMap((step) => (step.kind === 'linear' ? [step.bfloat16] : []));
      return [linear.at(-1), linear.slice(0, -1).some((isKept) => isKept)];
    };
    expect(kept(1000, true)).toEqual([true, false]);
    expect(kept(1000)).toEqual([false, false]);
    expect(kept(100, true)).toEqual([false, false]);
  });

  it('needs little memory for maps: of dmnn50-n2 at 224 px, under 9 MB in float32', () => {
    const architecture = createArchitecture('dmnn50-n2');
    const plan = makePlan({ architecture, weights: equalWeights(architecture) });
    const slots = new Map<number, number>();
    for (const { slot, channels, sizePx } of plan.maps)
      slots.set(slot, Math.max(slots.get(slot) ?? 0, channels * sizePx ** 2));
    expect(4 * [...slots.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(9e6);
  });
});

/** Weights that are all 1: made at once, for what does not depend on them. */
function equalWeights(architecture: Architecture): Map<string, Float32Tensor> {
  return new Map(
    variableSpecs(architecture).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((size, length) => size * length, 1)).fill(1);
      return [name, { dtype: 'F32', shape, data }];
    }),
  );
}

function convolutions(steps: EnginePlan['steps']): Extract<PlanStep, { kind: 'convolution' }>[] {
  return steps.filter((step) => step.kind === 'convolution');
}
