import { expect, it } from 'vitest';
import { encodePlan } from './encode-plan.js';
import type { EnginePlan } from './engine-plan.js';

const filter = {
  weights: [0, 1],
  biases: [2, 3],
  join: 'inputs',
  kernelSize: 1,
  inChannels: 2,
  outChannels: 4,
  groups: 1,
} as const;

it('writes a plan as the numbers that native/plan.cc reads, in its order', () => {
  const plan: EnginePlan = {
    name: 'by hand',
    maps: [
      { channels: 4, sizePx: 8, slot: 0 },
      { channels: 4, sizePx: 8, slot: 1, quantised: { signed: false, scale: 0.5 } },
      { channels: 4, sizePx: 8, slot: 1, quantised: { signed: true, scale: 2 } },
    ],
    vectors: [4, 2, 8],
    tensors: [new Float32Array(8), new Float32Array(8), new Float32Array(4), new Float32Array(4)],
    gateCounts: [2],
    sites: ['image'],
    logits: 1,
    steps: [
      { kind: 'mean', from: 0, to: 0 },
      { kind: 'decide', from: 1, gates: 0 },
      {
        kind: 'branch',
        gates: 0,
        first: 1,
        cases: [
          [{ kind: 'activate', from: 2, to: 1, bias: undefined, activation: 'relu6' }],
          [
            {
              kind: 'convolution',
              from: 0,
              to: 1,
              filter,
              stride: 1,
              padding: { top: 1, bottom: 2, left: 3, right: 4 },
              added: 2,
              activation: 'relu',
            },
          ],
        ],
      },
      {
        kind: 'linear',
        from: 0,
        to: 1,
        weight: 0,
        bias: undefined,
        activation: 'relu6',
        adds: false,
        bfloat16: true,
      },
      { kind: 'activate', from: 0, to: 0, bias: 1, activation: 'hard-swish' },
      { kind: 'observe', from: 1, firstChannel: 2, channels: 2, site: 0 },
      { kind: 'exit', logits: 1, steps: [{ kind: 'decide', from: 1, gates: 0 }] },
      { kind: 'cell', from: 2, cell: 1, hidden: 0, isFirst: true },
    ],
  };
  const float = (value: number) => new Int32Array(Float32Array.of(value).buffer)[0];
  expect([...encodePlan(plan)]).toEqual([
    ...[0x6e6d6470, 8, 3, 4, 8, 0, 0, float(1), 4, 8, 1, 1, float(0.5), 4, 8, 1, 2, float(2)],
    ...[3, 4, 2, 8, 4, 1, 2, 1, 1],
    ...[8, 2, 0, 0, 4, 1, 0, 5, 0, 1, 1],
    ...[1, 9, 2, 1, 0, 1, float(0), float(6)],
    ...[1, 0, 0, 1, 2, 2, 1, 2, 4, 1, 0, 1, 2, 3, 1, 1, 2, 3, 4, 1, 2, 1, float(0), float(Infinity)],
    ...[3, 0, 1, 0, 0, 1, float(0), float(6), 0, 1],
    ...[9, 0, 0, 1, 1, 2, float(-0.375), float(Infinity)],
    ...[10, 1, 2, 2, 0],
    ...[11, 1, 1, 4, 1, 0],
    ...[12, 2, 1, 0, 1],
  ]);
});
