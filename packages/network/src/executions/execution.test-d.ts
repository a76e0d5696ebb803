import type { GatePolicy } from '@dmnn/gating';
import { expectTypeOf } from 'vitest';
import type { ForwardOptions } from '../network.js';
import type { Statistics } from '../layers/statistics.js';
import type { Execution } from './execution.js';

expectTypeOf<Execution>().toEqualTypeOf<'masked' | 'skipping'>();
expectTypeOf<Statistics>().toEqualTypeOf<'batch' | 'moving'>();

// how and by whose statistics is always said; a policy may be left out, or passed on as undefined
expectTypeOf<{ statistics: 'moving'; execution: 'skipping' }>().toExtend<ForwardOptions>();
expectTypeOf<{ statistics: 'moving'; execution: 'fast' }>().not.toExtend<ForwardOptions>();
expectTypeOf<{ execution: 'masked' }>().not.toExtend<ForwardOptions>();
expectTypeOf<ForwardOptions['policy']>().toEqualTypeOf<GatePolicy | undefined>();
