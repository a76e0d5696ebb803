import type { GatePolicy } from '@dmnn/gating';
import { maxRelativeDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { networkOf, oracleCases } from './fixtures/oracle-case.js';
import { withEitherKernels } from './fixtures/kernel-sets.js';
import { type StoredTensor, stored } from './fixtures/stored-tensor.js';

// float32 against float64 through some ten layers and their gradients
const TOLERANCE = 1e-4;

/** Gates as scripted forwards, softmax's probability of on backwards: what PyTorch did. */
function scriptedStraightThrough(gates: readonly StoredTensor[]): GatePolicy {
  return (logits, { blockIndex }) =>
    tf.tidy(() => {
      const on = tf.squeeze<tf.Tensor2D>(tf.slice(tf.softmax(logits), [0, 0, 1], [-1, -1, 1]), [2]);
      const script = tf.customGrad(() => ({
        value: stored<tf.Rank.R2>(gates[blockIndex]!),
        gradFunc: (dy: tf.Tensor) => dy,
      }));
      return script(on) as tf.Tensor2D;
    });
}

withEitherKernels(() => {
  describe.each(oracleCases.map((each) => [each.architecture.name, each] as const))(
    'the network "%s"',
    (_, fixture) => {
      const policy = scriptedStraightThrough(fixture.gates);
      const images = stored<tf.Rank.R4>(fixture.images);

      it.each(['masked', 'skipping'] as const)(
        "has PyTorch's logits with moving statistics, %s",
        (execution) => {
          const network = networkOf(fixture);
          const { logits } = network.forward(images, { policy, statistics: 'moving', execution });
          expect(maxRelativeDifference(logits.dataSync(), fixture.moving.logits.data)).toBeLessThan(1e-5);
          network.dispose();
        },
      );

      it("has PyTorch's logits, states and gradients of every variable with the batch's statistics", () => {
        const network = networkOf(fixture);
        const { batch } = fixture;
        const names = network.trainableNames;
        const { value, grads } = tf.variableGrads(
          () => {
            const pass = network.forward(images, { policy, statistics: 'batch', execution: 'masked' });
            expect(maxRelativeDifference(pass.logits.dataSync(), batch.logits.data)).toBeLessThan(TOLERANCE);
            expect(pass.gateLogits.length).toBe(batch.gateLogits.length);
            expect(pass.states.length).toBe(batch.states.length);
            pass.gateLogits.forEach((logits, l) => {
              expect(maxRelativeDifference(logits.dataSync(), batch.gateLogits[l]!.data)).toBeLessThan(
                TOLERANCE,
              );
            });
            pass.states.forEach((state, l) => {
              expect(maxRelativeDifference(state.dataSync(), batch.states[l]!.data)).toBeLessThan(TOLERANCE);
            });
            const terms = [pass.logits, ...pass.gates, ...pass.states].map((tensor, i) =>
              tf.sum<tf.Scalar>(tf.mul(tensor, stored(batch.probes[i]!))),
            );
            return terms.reduce((total, term) => tf.add(total, term));
          },
          names.map((name) => network.variables.get(name)!),
        );
        expect(value.dataSync()[0]).toBeCloseTo(batch.loss, 3);

        expect([...names].sort()).toEqual(Object.keys(batch.gradients).sort());
        for (const name of names) {
          const gradient = grads[network.variables.get(name)!.name]!;
          const expected = batch.gradients[name]!.data;
          expect(gradient.shape).toEqual(batch.gradients[name]!.shape);
          // what batch norm cancels afterwards has a gradient of rounding alone; PyTorch's own float32 has 5e-7 there
          const scale = Math.max(...expected.map(Math.abs), 1e-2);
          const difference = Math.max(...expected.map((each, i) => Math.abs(each - gradient.dataSync()[i]!)));
          expect(difference / scale, name).toBeLessThan(TOLERANCE);
        }
        for (const [name, expected] of Object.entries(batch.movingStatistics)) {
          const moved = network.variables.get(name)!.dataSync();
          expect(maxRelativeDifference(moved, expected.data), name).toBeLessThan(1e-5);
        }
        network.dispose();
      });
    },
  );
});
