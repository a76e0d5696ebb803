import { createArchitecture } from '@dmnn/backbones';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { initialWeights } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { onnxEngine } from './onnx-engine.js';
import { randomPattern } from './random-pattern.js';
import { tfjsEngine } from './tfjs-engine.js';
import { undividedOf } from './undivided-of.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4 });

describe('tfjsEngine', () => {
  it.each(['masked', 'skipping'] as const)('runs %s, and keeps no tensors', async (execution) => {
    const network = createNetwork(architecture, { seed: 1 });
    network.fold();
    const before = tf.memory().numTensors;
    const engine = tfjsEngine(network, { backend: 'cpu', batch: 2, execution });
    expect([engine.name, engine.batch]).toEqual([`tfjs-cpu-${execution}`, 2]);
    const patterns = [randomPattern(architecture, 0.5, 0), randomPattern(architecture, 0.5, 1)];
    for (const contestant of [await engine.undivided(), await engine.dynamic(patterns)]) {
      await contestant.run();
      await contestant.release();
    }
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });

  it('runs what the patterns say, image by image', async () => {
    const network = createNetwork(architecture, { seed: 1 });
    const kernels = async (open: number): Promise<number> => {
      const engine = tfjsEngine(network, { backend: 'cpu', batch: 1, execution: 'skipping' });
      const contestant = await engine.dynamic([randomPattern(architecture, open, 0)]);
      await contestant.run();
      const { kernels: run } = await tf.profile(async () => {
        await contestant.run();
        return tf.scalar(0);
      });
      await contestant.release();
      return run.filter(({ name }) => name.includes('Conv2D')).length;
    };
    // six sub-blocks of two convolutions each
    const none = await kernels(0);
    expect(await kernels(0.5)).toBe(none + 3 * 2);
    expect(await kernels(1)).toBe(none + 6 * 2);
    network.dispose();
  });
});

describe('onnxEngine', () => {
  it('runs the backbone and every pattern, and refuses a file that runs another', async () => {
    const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
    const engine = onnxEngine(network, { runtime: ort, threads: 1 });
    expect([engine.name, engine.batch]).toEqual(['onnx', 1]);
    // each checks by itself that the file counts the multiply-accumulates of the pattern
    const contestants = [
      await engine.undivided(),
      ...(await Promise.all(
        [0, 0.5, 1].map((open) => engine.dynamic([randomPattern(architecture, open, 3)])),
      )),
    ];
    for (const contestant of contestants) {
      await contestant.run();
      await contestant.release();
    }
    const outputs = {
      logits: { data: new Float32Array(architecture.head.classes) },
      gates: { data: new Uint8Array(6) },
      macs: { data: Float64Array.of(1) },
    };
    const create = () =>
      Promise.resolve({ run: () => Promise.resolve(outputs), release: () => Promise.resolve() });
    const lying = { ...ort, InferenceSession: { create } };
    const other = onnxEngine(network, { runtime: lying, threads: 1, asWritten: true });
    expect(other.name).toBe('onnx-portable');
    await expect(other.dynamic([randomPattern(architecture, 1, 0)])).rejects.toThrow(
      /ran 1 multiply-accumulates, expected/,
    );
  });
});

it('needs a network that was divided', () => {
  expect(undividedOf(architecture).name).toBe('cifar-resnet8-0.25');
  expect(() => undividedOf(createArchitecture('cifar-resnet8'))).toThrow(
    /model: expected a network with gated sub-blocks/,
  );
});
