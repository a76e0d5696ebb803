import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNetworkData } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it, vi } from 'vitest';
import { saveSmallModel } from '../../../fixtures/small-model.js';
import { type EvaluatedNetworkRequest, openEvaluatedNetwork } from './evaluated-network.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-evaluated-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const io = {
  ...{ out: () => undefined, err: () => undefined, redraw: () => undefined },
  ...{ isTerminal: false, columns: 100, env: {}, now: () => 0 },
  onInterrupt: () => () => undefined,
  respawn: () => Promise.reject(new Error('respawn: not expected in this test')),
};

it('has run an image of zeros when it is ready, whose time is not that of images', async () => {
  await saveSmallModel(join(root, 'small'));
  const model = await openNetworkData(join(root, 'small'));
  const kernels = vi.spyOn(tf.engine(), 'runKernel');
  const request: EvaluatedNetworkRequest = {
    ...{ backend: 'cpu', engine: undefined, precision: undefined, defaultPrecision: 'f32' },
    ...{ imageSizePx: 32, oneByOne: false, onlyTensors: undefined },
  };
  const opened = await openEvaluatedNetwork(model, request, io);
  expect(kernels.mock.calls.filter(([name]) => name.includes('Conv2D')).length).toBeGreaterThan(7);
  const { numTensors } = tf.memory();
  await opened.close();
  if (!('run' in opened.network))
    expect(numTensors - tf.memory().numTensors).toBe(opened.network.variables.size);
  kernels.mockRestore();
});
