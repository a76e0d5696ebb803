import { scripted } from '@dmnn/gating';
import { expectNoLeak, maxRelativeDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type OracleCase, networkOf, oracleCases } from '../fixtures/oracle-case.js';
import { withEitherKernels } from '../fixtures/kernel-sets.js';
import { stored } from '../fixtures/stored-tensor.js';
import { hasPackedConvolution } from '../kernels/custom-operation.js';
import type { Network } from '../network.js';

function policyOf({ gates }: OracleCase) {
  return scripted((l, b) => {
    const { shape, data } = gates[l]!;
    return data.slice(b * shape[1]!, (b + 1) * shape[1]!).map((gate) => gate === 1);
  });
}

function optionsOf(fixture: OracleCase) {
  return { policy: policyOf(fixture), statistics: 'moving', execution: 'masked' } as const;
}

async function kernelsOf(network: Network, fixture: OracleCase): Promise<string[]> {
  const images = stored<tf.Rank.R4>(fixture.images);
  const { kernels } = await tf.profile(() => network.forward(images, optionsOf(fixture)).logits);
  return kernels.map(({ name }) => name);
}

withEitherKernels(() => {
  describe.each(oracleCases.map((each) => [each.architecture.name, each] as const))(
    'folding "%s"',
    (_, fixture) => {
      const images = stored<tf.Rank.R4>(fixture.images);

      it.each(['masked', 'skipping'] as const)("keeps PyTorch's logits, %s", (execution) => {
        const network = networkOf(fixture);
        network.fold();
        const { logits } = network.forward(images, { ...optionsOf(fixture), execution });
        expect(maxRelativeDifference(logits.dataSync(), fixture.moving.logits.data)).toBeLessThan(1e-5);
        network.dispose();
      });
    },
  );

  describe('Network.fold', () => {
    const fixture = oracleCases.find(({ architecture }) => architecture.name === 'bottlenecks')!;
    const images = stored<tf.Rank.R4>(fixture.images);

    it('leaves no batch norm to run', async () => {
      const network = networkOf(fixture);
      expect(await kernelsOf(network, fixture)).toContain('FusedBatchNorm');
      network.fold();
      const kernels = await kernelsOf(network, fixture);
      expect(kernels).not.toContain('FusedBatchNorm');
      expect(kernels).toContain(hasPackedConvolution() ? 'DmnnConvolution' : 'FusedConv2D');
    });

    it.each(['weight', 'gamma', 'beta', 'movingMean', 'movingVariance'])(
      'is undone for a unit whose %s changes, and only for that',
      async (part) => {
        const [network, fresh] = [networkOf(fixture), networkOf(fixture)];
        network.fold();
        for (const each of [network, fresh]) {
          const variable = each.variables.get(`stem.unit0.${part}`)!;
          variable.assign(tf.add(variable, 0.5));
        }
        const folded = network.forward(images, optionsOf(fixture)).logits;
        const expected = fresh.forward(images, optionsOf(fixture)).logits;
        expect(maxRelativeDifference(folded.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
        const count = (kernels: string[]) => kernels.filter((name) => name === 'FusedBatchNorm').length;
        expect(count(await kernelsOf(network, fixture))).toBe(1);
        network.fold();
        expect(count(await kernelsOf(network, fixture))).toBe(0);
      },
    );

    it('takes no part while a tape is on: gradients reach the variables themselves', () => {
      const [network, fresh] = [networkOf(fixture), networkOf(fixture)];
      network.fold();
      const gradient = (each: Network) => {
        const gamma = each.variables.get('stem.unit0.gamma')!;
        const { grads } = tf.variableGrads(
          () => tf.sum(each.forward(images, optionsOf(fixture)).logits),
          [gamma],
        );
        return grads[gamma.name]!.dataSync();
      };
      expect(gradient(network)).toEqual(gradient(fresh));
    });

    it('takes no part with statistics of the batch', () => {
      const [network, fresh] = [networkOf(fixture), networkOf(fixture)];
      network.fold();
      const logits = (each: Network) =>
        each.forward(images, { ...optionsOf(fixture), statistics: 'batch' }).logits.dataSync();
      expect(logits(network)).toEqual(logits(fresh));
    });

    it('is freed by unfold, by dispose, and where it is stale', () => {
      const before = tf.memory().numTensors;
      const network = networkOf(fixture);
      const variables = tf.memory().numTensors;
      network.fold();
      const folded = tf.memory().numTensors;
      network.fold();
      expect(tf.memory().numTensors).toBe(folded);
      network.load(
        new Map(
          [...network.variables].map(([name, variable]) => [
            name,
            { dtype: 'F32', shape: variable.shape, data: variable.dataSync<'float32'>() },
          ]),
        ),
      );
      tf.dispose(network.forward(images, optionsOf(fixture)));
      expect(tf.memory().numTensors).toBe(variables);
      network.fold();
      expectNoLeak(() => network.forward(images, optionsOf(fixture)));
      network.unfold();
      expect(tf.memory().numTensors).toBe(variables);
      network.fold();
      network.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
