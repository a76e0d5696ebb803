import { placedBlocks } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { createArchitecture } from './create-architecture.js';
import { efficientnetLiteFamily } from './efficientnet-lite.js';
import { families, familyOf } from './families.js';

describe.each(families.map((family) => [family.form, family] as const))('family %s', (_, family) => {
  it('finds each of its names, and no other family does', () => {
    for (const name of [family.example, ...family.names]) {
      const fitting = families.filter((each) => {
        const parts = each.pattern.exec(name)?.groups;
        return parts !== undefined && (each.accepts?.(parts) ?? true);
      });
      expect(fitting).toEqual([family]);
      expect(familyOf(name)?.family).toBe(family);
    }
  });

  it('has the blocks that it says, and lists divided networks of its own', () => {
    const kinds = new Set(
      family.names.flatMap((name) => placedBlocks(createArchitecture(name)).map(({ block }) => block.kind)),
    );
    expect(new Set(family.blocks)).toEqual(kinds);
    for (const name of family.dividedNames)
      expect(familyOf(createArchitecture(name).undivided?.name ?? '')?.family).toBe(family);
  });

  it('knows what a library calls the variables of its networks, and of no other form', () => {
    const library = family === efficientnetLiteFamily ? 'efficientnet-pytorch' : 'torchvision';
    const names = family.pretrainedNames?.(createArchitecture(family.example), library);
    expect(Object.keys(names ?? {})).toEqual(expect.arrayContaining(['stem.unit0', 'head.linear']));
    const other = family.blocks.includes('inverted-residual') ? 'resnet18' : 'mobilenetv2';
    expect(family.pretrainedNames?.(createArchitecture(other), library)).toBeUndefined();
  });
});
