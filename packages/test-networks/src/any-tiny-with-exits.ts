import { type Architecture, withExits } from '@dmnn/architecture';
import * as fc from 'fast-check';
import { anyTiny } from './any-tiny.js';

/** Networks of {@link anyTiny} of at least two blocks, with exits after some of them, of one convolution or none. */
export const anyTinyWithExits: fc.Arbitrary<Architecture> = fc
  .record({
    architecture: anyTiny.filter(({ stages }) => stages.flatMap(({ blocks }) => blocks).length > 1),
    pick: fc.infiniteStream(fc.boolean()),
    convolutions: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ architecture, pick, convolutions }) => {
    const inner = architecture.stages.flatMap(({ blocks }) => blocks).slice(1);
    const chosen = inner.flatMap((_, i) => (pick.next().value ? [i] : []));
    return withExits(architecture, { exits: chosen.length > 0 ? chosen : [0], convolutions });
  });
