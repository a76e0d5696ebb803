import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeCacheDirectory } from '@dmnn/native';
import type { BackendReport } from './choose/backend-report.js';
import { chooseBackend } from './choose/choose-backend.js';
import { normal, onBackend, relativeDifferences, runKernel } from './fixtures/on-backend.js';
import { findNativeBuild } from './install/native-build.js';
import { registerNativeKernels } from './native-kernels/register-native-kernels.js';

const isInstalled = findNativeBuild(nativeCacheDirectory(), false).state === 'intact';
const EPSILON = 1e-5;
const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor[] =>
  runKernel(name, inputs, { epsilon: EPSILON });

describe.skipIf(isInstalled)('without the native backend', () => {
  it('its kernels are tested where it is installed: dmnn backend install', () => {
    expect(() => {
      registerNativeKernels();
    }).toThrow(expect.objectContaining({ code: 'DMNN_BACKEND' }));
  });
});

describe.runIf(isInstalled)('on the native backend', () => {
  let report: BackendReport;
  beforeAll(async () => {
    report = await chooseBackend({ prefer: 'native', threads: 2 });
  });

  it('is chosen, and says what it is', () => {
    expect(report.chosen).toBe('native');
    expect(report.version).toMatch(/^tfjs-node 4\.22\.0 on TensorFlow 2\./);
    expect(report.threads).toBe(2);
    expect(report.tried).toEqual([{ name: 'native', works: true }]);
    expect(report.warnings).toEqual([]);
  });

  it.each([[[3, 5, 4, 6]], [[7, 3]], [[1, 4]]])(
    'normalises batches of shape %j like the composition, forwards and backwards',
    async (shape) => {
      const channels = shape.at(-1)!;
      const make = () => ({
        x: tf.add(tf.mul(normal(shape as [number, number, number, number], 1), 2), 3),
        scale: normal<tf.Rank.R1>([channels], 2),
        offset: normal<tf.Rank.R1>([channels], 3),
        dy: normal(shape as [number, number, number, number], 4),
      });
      const ours = await onBackend('tensorflow', () => {
        const { x, scale, offset, dy } = make();
        const [y, mean, variance] = run('DmnnBatchNormTrain', { x, scale, offset }) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        return [y, mean, variance, ...run('DmnnBatchNormTrainGrad', { dy, x, scale, mean, variance })];
      });
      const composed = await onBackend('cpu', () => {
        const { x, scale, offset, dy } = make();
        const axes = shape.slice(0, -1).map((_, axis) => axis);
        const f = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor => {
          const { mean, variance } = tf.moments(x, axes);
          const normalised = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
          return tf.add(tf.mul(normalised, scale), offset);
        };
        const { mean, variance } = tf.moments(x, axes);
        return [
          f(x, scale, offset),
          mean,
          variance,
          ...tf.grads((x, s, o) => f(x, s, o))([x, scale, offset], dy),
        ];
      });
      for (const [k, numbers] of composed.entries()) {
        for (const [i, value] of numbers.entries()) {
          // one row divides by √epsilon
          expect(Math.abs(ours[k]![i]! - value)).toBeLessThan(shape[0] === 1 ? 1e-3 : 2e-5);
        }
      }
    },
  );

  // TensorFlow's own operation writes beyond its memory here: [10, 48, 48, 4], stride 2
  it.each([
    [10, 48, 4, 6, 2, 0],
    [3, 7, 5, 2, 3, 'valid'],
    [2, 6, 3, 4, 2, 'same'],
    [2, 5, 3, 4, 1, 0],
    [2, 5, 3, 4, 2, 1],
  ] as const)(
    "gives the filter's gradient of 1×1 convolutions: %i images of %i px, %i to %i channels, stride %i, pad %s",
    async (images, sizePx, inChannels, outChannels, stride, pad) => {
      const gradients = () => {
        const x = normal<tf.Rank.R4>([images, sizePx, sizePx, inChannels], 1);
        const filter = normal<tf.Rank.R4>([1, 1, inChannels, outChannels], 2);
        // the cpu backend computes no padding in numbers, so that it is made first
        const y = (w: tf.Tensor4D) =>
          pad === 1 && tf.getBackend() === 'cpu'
            ? tf.conv2d(
                tf.pad(x, [
                  [0, 0],
                  [1, 1],
                  [1, 1],
                  [0, 0],
                ]),
                w,
                stride,
                'valid',
              )
            : tf.conv2d(x, w, stride, pad, 'NHWC', [1, 1], pad === 1 ? 'floor' : undefined);
        const dy = normal<tf.Rank.R4>(y(filter).shape, 3);
        return [tf.grad((w) => y(w as tf.Tensor4D))(filter, dy)];
      };
      const [ours] = await onBackend('tensorflow', gradients);
      const [expected] = await onBackend('cpu', gradients);
      const largest = Math.max(...expected!.map(Math.abs));
      ours!.forEach((value, i) => {
        expect(Math.abs(value - expected![i]!) / largest).toBeLessThan(1e-5);
      });
    },
  );

  it('passes gradients through ReLU and ReLU6', async () => {
    const y = [-1, 0, 0.5, 6, 7];
    const [relu, relu6] = await onBackend('tensorflow', () =>
      ['DmnnReluGrad', 'DmnnRelu6Grad'].flatMap((name) =>
        run(name, { dy: tf.tensor1d([1, 2, 3, 4, 5]), y: tf.tensor1d(y) }),
      ),
    );
    expect(relu).toEqual([0, 0, 3, 4, 5]);
    expect(relu6).toEqual([0, 0, 3, 0, 0]);
  });

  const one: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ];
  const uneven: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [1, 2],
    [0, 1],
    [0, 0],
  ];
  it.each([
    [1, one],
    [2, one],
    [2, uneven],
    [1, 1],
    [2, 1],
    [1, 'same'],
    [2, 'valid'],
  ] as const)(
    'convolves and pools at stride %j with padding %j as the cpu backend does',
    async (stride, pad) => {
      const rounding = typeof pad === 'string' ? undefined : 'floor';
      const differences = await relativeDifferences('tensorflow', 'cpu', () => {
        const x = normal<tf.Rank.R4>([3, 9, 7, 4], 1);
        const w = normal<tf.Rank.R4>([3, 3, 4, 6], 2);
        const depthwise = normal<tf.Rank.R4>([3, 3, 4, 2], 3);
        const conv = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
          tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding)));
        const each = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
          tf.sum(
            tf.square(
              tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding),
            ),
          );
        const pool = (x: tf.Tensor): tf.Scalar =>
          tf.sum(tf.square(tf.maxPool(x as tf.Tensor4D, 3, stride, pad, rounding)));
        return [
          conv(x, w),
          ...tf.grads(conv)([x, w]),
          each(x, depthwise),
          ...tf.grads(each)([x, depthwise]),
          pool(x),
          tf.grad(pool)(x),
        ];
      });
      expect(differences).toHaveLength(8);
      for (const difference of differences) expect(difference).toBeLessThan(1e-5);
    },
  );

  it('is registered once', () => {
    const before = tf.getKernel('DmnnReluGrad', 'tensorflow');
    registerNativeKernels();
    expect(tf.getKernel('DmnnReluGrad', 'tensorflow')).toBe(before);
  });

  it('uses the one tensor library of the program', async () => {
    await tf.setBackend('tensorflow');
    const x = tf.tensor1d([1, 2]);
    expect(tf.add(x, x)).toBeInstanceOf(tf.Tensor); // of another copy it would not be
  });
});
