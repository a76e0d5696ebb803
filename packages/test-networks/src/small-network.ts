import type { Architecture } from '@dmnn/architecture';
import { basic, bottleneck, inverted, networkOf } from './blocks.js';

/** Kinds of blocks whose trained weights can be divided. */
export type SmallKind = 'basic' | 'inverted-residual' | 'bottleneck';

/** An undivided network of two or three narrow blocks of one kind, for images of 8×8 pixels and 4 classes. */
export function smallNetwork(kind: SmallKind, hidden: number): Architecture {
  const blocks = {
    basic: [basic(5, hidden, 5), basic(5, hidden, 6, 2)],
    'inverted-residual': [inverted(5, 5, 4), inverted(4, hidden, 6, 2), inverted(6, hidden, 6)],
    bottleneck: [bottleneck(5, hidden, 12), bottleneck(12, hidden, 12)],
  }[kind];
  const network = networkOf(blocks);
  return {
    ...network,
    name: `small-${kind}`,
    imageSizePx: 8,
    head: { ...network.head, classes: 4 },
  };
}
