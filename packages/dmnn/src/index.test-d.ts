import type { Controller } from '@dmnn/architecture';
import { expectTypeOf } from 'vitest';
import {
  type CreateNetworkOptions,
  type Evaluation,
  type ModelOptions,
  type Network,
  createArchitecture,
  createNetwork,
  evaluate,
  train,
} from './index.js';

// all options of a model may be left out; those of its variables begin with a seed
expectTypeOf<{ classes: number }>().toExtend<ModelOptions>();
expectTypeOf<undefined>().toExtend<ModelOptions['classes']>();
expectTypeOf<ModelOptions['widths']>().toEqualTypeOf<
  'paper' | 'solver' | 'share' | 'lanes' | readonly number[] | undefined
>();
expectTypeOf<ModelOptions['controller']>().toEqualTypeOf<Controller | undefined>();
expectTypeOf<{ widths: 'narrow' }>().not.toExtend<ModelOptions>();
expectTypeOf<{ classes: number }>().not.toExtend<CreateNetworkOptions>();
expectTypeOf<{ seed: number; classes: undefined }>().toExtend<CreateNetworkOptions>();

// what computes is loaded at the first call
expectTypeOf(createArchitecture).returns.not.toExtend<Promise<unknown>>();
expectTypeOf(createNetwork).returns.toEqualTypeOf<Promise<Network>>();
expectTypeOf(evaluate).returns.toEqualTypeOf<Promise<Evaluation>>();
expectTypeOf(train).returns.resolves.toHaveProperty('status').toEqualTypeOf<'finished' | 'interrupted'>();
