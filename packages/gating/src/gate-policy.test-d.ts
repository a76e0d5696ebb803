import type * as tf from '@tensorflow/tfjs-core';
import { expectTypeOf } from 'vitest';
import type { GateContext, GatePolicy } from './gate-policy.js';
import { likeliest } from './likeliest.js';
import { type SampledOptions, sampled } from './sampled.js';

// a policy is a function of logits and context, so handwritten functions qualify
expectTypeOf<GatePolicy>().toEqualTypeOf<(logits: tf.Tensor3D, at: GateContext) => tf.Tensor2D>();
expectTypeOf(likeliest).toExtend<GatePolicy>();
expectTypeOf(sampled).returns.toEqualTypeOf<GatePolicy>();
expectTypeOf<(logits: tf.Tensor3D) => tf.Tensor2D>().toExtend<GatePolicy>();

// noise requires a seed and an epoch; the other options are optional and accept undefined
expectTypeOf<{ seed: number; epoch: number }>().toExtend<SampledOptions>();
expectTypeOf<{ seed: number }>().not.toExtend<SampledOptions>();
expectTypeOf<SampledOptions['temperature']>().toEqualTypeOf<number | undefined>();
