import { type Architecture, gatedBlocks, withExits } from '@dmnn/architecture';
import { type GatePolicy, likeliest, sampled } from '@dmnn/gating';
import { anyTinyWithExits, arbitraryNumbers, relativeDifference, tinyDynamic } from '@dmnn/test-networks';
import { expectNoLeak } from '@dmnn/test-kit';
import { type Weights, variableSpecs } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';
import type { LeavePolicy } from './executions/leave-policy.js';
import { arbitraryImages } from './fixtures/arbitrary-images.js';
import { withEitherKernels } from './fixtures/kernel-sets.js';
import type { ForwardOptions } from './network.js';

/** A network with exits, and its weights. */
const withOwnExits = fc
  .record({ architecture: anyTinyWithExits, seed: fc.nat(1000) })
  .map(({ architecture, seed }) => ({
    architecture,
    weights: arbitraryNumbers(variableSpecs(architecture), seed),
  }));

/** Whatever an image's key says, at one exit after the other. */
function byKey(leavesAt: readonly number[]): LeavePolicy {
  return (_, { exitIndex, sampleKeys }) => sampleKeys.map((key) => leavesAt[key] === exitIndex);
}

type Plain = Record<'logits' | 'exitLogits' | 'gates' | 'gateLogits' | 'states', Float32Array[]> & {
  leftAt: number[];
};

function run(
  { architecture, weights }: { architecture: Architecture; weights: Weights },
  images: tf.Tensor4D,
  options: Partial<ForwardOptions>,
): Plain {
  const network = createNetwork(architecture, { seed: 0, weights });
  const pass = network.forward(images, { statistics: 'moving', execution: 'masked', ...options });
  const values = (tensors: tf.Tensor[]) => tensors.map((each) => each.dataSync<'float32'>());
  const plain = {
    logits: values([pass.logits]),
    exitLogits: values(pass.exitLogits),
    gates: values(pass.gates),
    gateLogits: values(pass.gateLogits),
    states: values(pass.states),
    leftAt: pass.leftAt,
  };
  tf.dispose(pass);
  network.dispose();
  return plain;
}

function expectClose(ours: Plain, reference: Plain): void {
  expect(ours.leftAt).toEqual(reference.leftAt);
  for (const key of ['logits', 'exitLogits', 'gates', 'gateLogits', 'states'] as const) {
    expect(ours[key].length).toBe(reference[key].length);
    ours[key].forEach((each, i) => {
      const other = reference[key][i] as Float32Array;
      expect(each.length).toBe(other.length);
      if (other.some((value) => value !== 0)) expect(relativeDifference(each, other)).toBeLessThan(1e-5);
      else expect(each.every((value) => value === 0)).toBe(true);
    });
  }
}

withEitherKernels(() => {
  describe('exits', () => {
    it('leaving for real gives what masked execution gives', () => {
      fc.assert(
        fc.property(
          withOwnExits,
          fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
          fc.constantFrom<GatePolicy>(likeliest, sampled({ seed: 3, epoch: 0 })),
          (own, leavesAt, policy) => {
            const images = arbitraryImages(leavesAt.length, own.architecture.imageSizePx);
            const options = { leave: byKey(leavesAt), policy };
            const masked = run(own, images, options);
            const exits = own.architecture.exits?.length ?? 0;
            expect(masked.leftAt).toEqual(leavesAt.map((exit) => Math.min(exit, exits)));
            expectClose(run(own, images, { ...options, execution: 'skipping' }), masked);
            images.dispose();
          },
        ),
        { numRuns: 40 },
      );
    });

    it('whoever leaves has the logits of that exit, and no gates after it', () => {
      fc.assert(
        fc.property(
          withOwnExits,
          fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
          (own, leavesAt) => {
            const images = arbitraryImages(leavesAt.length, own.architecture.imageSizePx);
            const whole = run(own, images, {});
            const left = run(own, images, { leave: byKey(leavesAt) });
            const { classes } = own.architecture.head;
            const exits = own.architecture.exits ?? [];
            const gated = gatedBlocks(own.architecture);
            const after = own.architecture.stages
              .flatMap(({ blocks }) => blocks)
              .flatMap(({ controller }, i) => (controller ? [i] : []));
            left.leftAt.forEach((exit, b) => {
              const row = (values: Float32Array | undefined, width: number) =>
                values?.slice(b * width, (b + 1) * width);
              const source = exits[exit] ? whole.exitLogits[exit] : whole.logits[0];
              expect(row(left.logits[0], classes)).toEqual(row(source, classes));
              gated.forEach(({ block }, l) => {
                const reached = (after[l] as number) <= (exits[exit]?.afterBlock ?? Infinity);
                const own = row(left.gates[l], block.subBlocks.length);
                if (reached) expect(own).toEqual(row(whole.gates[l], block.subBlocks.length));
                else expect(own?.every((gate) => gate === 0)).toBe(true);
              });
            });
            images.dispose();
          },
        ),
        { numRuns: 30 },
      );
    });

    it('an exit says what the network says that ends there', () => {
      fc.assert(
        fc.property(withOwnExits, fc.integer({ min: 0, max: 2 }), ({ architecture, weights }, pick) => {
          const { exits = [] } = architecture;
          const e = pick % exits.length;
          const { afterBlock, head } = exits[e] as (typeof exits)[number];
          let rest = afterBlock + 1;
          const stages = architecture.stages.flatMap(({ blocks }) => {
            const kept = blocks.slice(0, Math.max(0, rest));
            rest -= kept.length;
            return kept.length > 0 ? [{ blocks: kept }] : [];
          });
          const short: Architecture = { ...(architecture.undivided as Architecture), stages, head };
          const shortWeights = new Map(
            variableSpecs(short).map(({ name }) => {
              const value = weights.get(name.replace(/^head\./, `exit${e}.`));
              return [name, value as NonNullable<typeof value>];
            }),
          );
          const images = arbitraryImages(2, architecture.imageSizePx);
          const [own] = run({ architecture: short, weights: shortWeights }, images, {}).logits;
          const inside = run({ architecture, weights }, images, {}).exitLogits[e];
          expect(relativeDifference(inside as Float32Array, own as Float32Array)).toBeLessThan(1e-5);
          images.dispose();
        }),
        { numRuns: 30 },
      );
    });

    it('gradients of all exits reach the blocks before them, and no others', () => {
      const architecture = withExits(tinyDynamic(), { exits: [0] });
      const network = createNetwork(architecture, { seed: 1 });
      const images = arbitraryImages(2, architecture.imageSizePx);
      const { grads } = tf.variableGrads(() => {
        const { exitLogits } = network.forward(images, { statistics: 'batch', execution: 'masked' });
        return tf.sum<tf.Scalar>(tf.square(exitLogits[0] as tf.Tensor2D));
      });
      const reached = network.trainableNames.filter((name) => {
        const grad = grads[network.variables.get(name)?.name ?? ''];
        return grad?.dataSync().some((value) => value !== 0) === true;
      });
      expect(reached).toContain('exit0.linear.weight');
      expect(reached).toContain('stem.unit0.weight');
      expect(reached).toContain('stage0.block0.subblock0.unit0.weight');
      expect(reached.filter((name) => /^head|^stage0\.block1|^stage1/.test(name))).toEqual([]);
      tf.dispose([grads, images]);
      network.dispose();
    });

    it('leaves no tensor behind', () => {
      const architecture = withExits(tinyDynamic(), { exits: [0] });
      const network = createNetwork(architecture, { seed: 1 });
      const images = arbitraryImages(3, architecture.imageSizePx);
      for (const leavesAt of [
        [0, 1, 0],
        [0, 0, 0],
        [1, 1, 1],
      ])
        for (const execution of ['masked', 'skipping'] as const)
          expectNoLeak(() => {
            tf.dispose(network.forward(images, { statistics: 'moving', execution, leave: byKey(leavesAt) }));
          });
      images.dispose();
      network.dispose();
    });
  });
});

describe('leave', () => {
  const architecture = withExits(tinyDynamic(), { exits: [0] });

  function forward(options: Partial<ForwardOptions>, of: Architecture = architecture): void {
    const network = createNetwork(of, { seed: 1 });
    const images = arbitraryImages(2, of.imageSizePx);
    try {
      tf.dispose(network.forward(images, { statistics: 'moving', execution: 'skipping', ...options }));
    } finally {
      images.dispose();
      network.dispose();
    }
  }

  it('sees the logits of the images inside, and their keys', () => {
    const seen: unknown[] = [];
    forward({
      sampleKeys: [7, 5],
      leave: (logits, at) => {
        seen.push([logits.length, at]);
        return [true, false];
      },
    });
    const { classes } = architecture.head;
    expect(seen).toEqual([[2 * classes, { exitIndex: 0, classes, sampleKeys: [7, 5] }]]);
  });

  it.each<[LeavePolicy, string]>([
    [() => [true], 'leave, exit 0: expected 2 decisions, got 1. Return one boolean'],
    [() => true as never, 'expected 2 decisions, got boolean'],
    [() => [true, 1 as never], 'leave, exit 0, image 1: expected a boolean, got 1'],
  ])('refuses decisions that do not fit: %#', (leave, message) => {
    expect(() => {
      forward({ leave });
    }).toThrow(expect.objectContaining({ code: 'DMNN_EXECUTION' }));
    expect(() => {
      forward({ leave });
    }).toThrow(message);
  });

  it('refuses statistics of the batch, and a network without exits', () => {
    const leave: LeavePolicy = () => [true, true];
    expect(() => {
      forward({ leave, statistics: 'batch', execution: 'masked' });
    }).toThrow(`statistics: expected 'moving' with leave, got 'batch'`);
    expect(() => {
      forward({ leave }, tinyDynamic());
    }).toThrow('leave: expected a network with exits, got');
  });
});
