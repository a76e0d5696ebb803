import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArchitecture } from './create-architecture.js';
import { families } from './families.js';
import { networkShape } from './network-shape.js';
import { recognisedNetworks } from './recognised.js';

/** Networks whose weights have the same names and shapes, the one that is meant by default first. */
const twins: readonly (readonly string[])[] = [
  ['resnet50', 'resnet50-stride1x1'],
  ['resnet101', 'resnet101-stride1x1'],
  ['resnet152', 'resnet152-stride1x1'],
  ['resnet50-0.75', 'resnet50-0.75-stride1x1'],
  ['mobilenetv2', 'cifar-mobilenetv2'],
  ['mobilenetv2-0.75', 'cifar-mobilenetv2-0.75'],
  ['mobilenetv2-1.4', 'cifar-mobilenetv2-1.4'],
];
const others = ['cifar-resnet20-pad', 'cifar-resnet110-pad', 'cifar-resnet50-basic', 'cifar-resnet8-0.125', 'resnet34-0.5', 'resnext50-1x128d', 'mobilenetv2-1.4-floor', 'cifar-resnet50-0.25']; // prettier-ignore

describe('recognisedNetworks', () => {
  it.each([...families.flatMap(({ names }) => names), ...others])('knows %s by its shape', (name) => {
    for (const classes of [1000, 100, 7]) {
      const shape = networkShape(createArchitecture(name, { classes }));
      const names = recognisedNetworks(shape).map((each) => each.name);
      const wanted = twins.find((each) => each.includes(name)) ?? [name];
      if (name.endsWith('-floor')) expect(names).toContain(name);
      else expect(names).toEqual(wanted);
      expect(recognisedNetworks(shape).every(({ head }) => head.classes === classes)).toBe(true);
    }
  });

  it('finds the channels of any width', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('resnet18-', 'cifar-resnet14-', 'mobilenetv2-', 'cifar-resnext29-2x40d-'),
        fc.integer({ min: 20, max: 220 }),
        (begin, percent) => {
          const shape = networkShape(createArchitecture(`${begin}${percent / 100}`, { classes: 10 }));
          const [found] = recognisedNetworks(shape);
          expect(found && networkShape(found)).toEqual(shape);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('knows no network by a shape that none has', () => {
    const shape = networkShape(createArchitecture('resnet18'));
    const [first = [], ...stages] = shape.stages;
    expect(recognisedNetworks({ ...shape, stages: [[...first, ...first], ...stages] })).toEqual([]);
    expect(recognisedNetworks({ ...shape, stages: [] })).toEqual([]);
    expect(recognisedNetworks({ ...shape, stem: [] })).toEqual([]);
  });
});
