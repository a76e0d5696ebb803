import type { Architecture, Controller } from '@dmnn/architecture';
import * as fc from 'fast-check';
import { otherwisePadded } from './otherwise-padded.js';
import { type TinyBlock, tinyArchitecture } from './tiny-architecture.js';

const anyController: fc.Arbitrary<Controller> = fc.oneof(
  fc.record({
    kind: fc.constant('state' as const),
    hiddenUnits: fc.constant(6),
    previousState: fc.constantFrom('shared' as const, 'per-block' as const, 'none' as const),
    hiddenBias: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('squeeze' as const), hiddenUnits: fc.constant(6) }),
  fc.record({
    kind: fc.constant('recurrent' as const),
    embedUnits: fc.constant(4),
    hiddenUnits: fc.constant(6),
  }),
);

const anyBlock = fc.record({
  kind: fc.constantFrom<TinyBlock['kind'][]>(
    'bottleneck',
    'grouped-bottleneck',
    'basic',
    'inverted-residual',
    'separable',
  ),
  shortcut: fc.constantFrom<TinyBlock['shortcut'][]>('identity', 'projection', 'pad'),
  subBlocks: fc.integer({ min: 1, max: 3 }),
  even: fc.boolean(),
  bias: fc.boolean(),
  gated: fc.boolean(),
});

/**
 * Networks of 9 px with one to three blocks of all kinds, with all shortcuts, N up to 3, with a bias or without, and all
 * controllers or none.
 */
export const anyTiny: fc.Arbitrary<Architecture> = fc
  .record({
    blocks: fc.array(anyBlock, { minLength: 1, maxLength: 3 }),
    controller: anyController,
    ends: fc.record({ pool: fc.boolean(), headUnit: fc.boolean(), hidden: fc.boolean(), bias: fc.boolean() }),
  })
  .map(({ blocks, controller, ends }) =>
    tinyArchitecture(
      blocks.map(({ gated, ...block }) => ({ ...block, controller: gated ? controller : undefined })),
      { ...ends, sizePx: 9, growth: 3 }, // odd numbers, so that halves differ
    ),
  );

/**
 * Networks of {@link anyTiny}, half of them for images of 8 or 9 px with TensorFlow's padding, or with others for each side,
 * and batch norms of several ε.
 */
export const anyPaddedTiny: fc.Arbitrary<Architecture> = fc.oneof(
  anyTiny,
  fc
    .record({
      plain: anyTiny,
      imageSizePx: fc.constantFrom(8, 9),
      padding: fc.constantFrom('same' as const, 'sides' as const),
      epsilons: fc.constantFrom([1e-3], [1e-3, 0.1]),
    })
    .map(({ plain, imageSizePx, ...other }) => otherwisePadded({ ...plain, imageSizePx }, other)),
);
