import type { Architecture } from '@dmnn/architecture';
import { families } from './families.js';
import { type NetworkShape, hasShape } from './network-shape.js';

/**
 * The undivided networks of the zoo that have a shape: one of each family and of each kind that weights do not tell apart, the
 * likeliest first.
 */
export function recognisedNetworks(shape: NetworkShape): Architecture[] {
  const found: Architecture[] = [];
  for (const family of families) {
    const kinds = new Set<string>();
    for (const parts of family.proposals(shape)) {
      // widths that give the same channels are one network; a stride in another place is another
      const kind = parts['original'] ?? '';
      if (kinds.has(kind)) continue;
      const architecture = family.build(parts, { classes: shape.classes, divided: false });
      if (!hasShape(architecture, shape)) continue;
      kinds.add(kind);
      found.push(architecture);
    }
  }
  return found;
}
