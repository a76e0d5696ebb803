import { expectTypeOf } from 'vitest';
import type { GatingRecipe } from './recipe.js';
import type { PolicyRecipe } from './policy-recipe.js';

// the target is of one of three quantities, and may be left out
expectTypeOf<GatingRecipe['targetOf']>().toEqualTypeOf<'both' | 'rate' | 'flops' | undefined>();
expectTypeOf<'macs'>().not.toExtend<GatingRecipe['targetOf']>();
expectTypeOf<GatingRecipe['layerTargets']>().toEqualTypeOf<'same' | readonly number[] | undefined>();
expectTypeOf<'each'>().not.toExtend<GatingRecipe['layerTargets']>();
expectTypeOf<GatingRecipe['targetRate']>().toEqualTypeOf<number>();

// a policy is named by its kind, which decides about its other options
expectTypeOf<GatingRecipe['policy']>().toEqualTypeOf<PolicyRecipe | undefined>();
expectTypeOf<{ kind: 'sampled' }>().toExtend<PolicyRecipe>();
expectTypeOf<{ kind: 'unknown' }>().not.toExtend<PolicyRecipe>();
expectTypeOf<{ temperature: number }>().not.toExtend<PolicyRecipe>();
