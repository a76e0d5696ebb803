import type { PrecisionChoice } from '@dmnn/engine';
import type { EngineNetwork, EvaluateEngineOptions, LatencyOrigin } from '@dmnn/trainer';
import { expectTypeOf } from 'vitest';
import type { EngineChoice, EngineNeed, RunsOn } from './engine-option.js';
import type { OpenedEngine } from './open-engine.js';

expectTypeOf<EngineChoice>().toEqualTypeOf<'compiled' | 'onnx' | 'tfjs'>();
expectTypeOf<EngineNeed>().toEqualTypeOf<'gate probabilities' | 'logits of exits' | 'moving thresholds'>();

// all may be left out, or undefined as commander leaves them
expectTypeOf<object>().toExtend<RunsOn>();
expectTypeOf<{ engine: undefined; precision: undefined }>().toExtend<RunsOn>();
expectTypeOf<{ engine: 'torch' }>().not.toExtend<RunsOn>();
expectTypeOf<{ precision: 'f16' }>().not.toExtend<RunsOn>();
expectTypeOf<RunsOn['precision']>().toEqualTypeOf<PrecisionChoice | undefined>();
expectTypeOf<'f32' | 'bf16' | 'auto'>().toExtend<PrecisionChoice>();

// what a command opens is what the trainer evaluates; tables name engines that this program may not know
expectTypeOf<OpenedEngine>().toExtend<EngineNetwork>();
expectTypeOf<LatencyOrigin['engine']>().toEqualTypeOf<string>();
expectTypeOf<EvaluateEngineOptions['threshold']>().toEqualTypeOf<number | undefined>();
