import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { cpuLanes } from '@dmnn/onnx';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { afterEach, expect, it, vi } from 'vitest';
import type * as ExportModel from './export-model.js';
import { saveSmallModel } from './fixtures/small-model.js';
import { exportModel } from './index.js';

/** Stands in for an exporter with a fault: the weight is another in the file. */
const replaced = vi.hoisted((): { weights?: string } => ({}));
vi.mock('./export-model.js', async (original) => {
  const real = await original<typeof ExportModel>();
  const exportNetwork: typeof real.exportNetwork = (network, options) => {
    const weights = new Map(network.weights);
    const name = replaced.weights ?? '';
    const one = weights.get(name);
    if (one?.dtype === 'F32') weights.set(name, { ...one, data: one.data.map((value) => 1 - value) });
    return real.exportNetwork({ ...network, weights }, options);
  };
  return { ...real, exportNetwork };
});
afterEach(() => {
  delete replaced.weights;
});

it('verifies the file as dmnn export does, unless it is asked not to', async () => {
  await inTemporaryFolder(async (folder) => {
    const model = join(folder, 'model');
    await saveSmallModel(model);
    await tf.setBackend('cpu');
    const onRemark = vi.fn();
    const right = await exportModel(model, { onRemark, imageSizePx: 24 });
    expect(onRemark).not.toHaveBeenCalled();
    expect(tf.getBackend()).toBe('cpu'); // the caller's own, not the one it was verified on

    replaced.weights = 'head.linear.weight';
    await expect(exportModel(model, { imageSizePx: 24 })).rejects.toMatchObject({
      code: 'DMNN_EXPORT',
      message: expect.stringMatching(/another result for image 0: logit \d+ is .*verify: false/) as string,
    });
    const wrong = await exportModel(model, { imageSizePx: 24, verify: false });
    expect(wrong).toHaveLength(right.length);

    const lanes = (await cpuLanes(ort)) === 8 ? 16 : 8;
    await exportModel(model, { cpuLanes: lanes, onRemark });
    expect(onRemark.mock.calls).toEqual([
      [
        expect.stringMatching(
          new RegExp(`model: the exported file was not run: it is for processors of ${lanes} lanes`),
        ),
      ],
    ]);
  });
});
