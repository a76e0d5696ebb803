import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { gradientDataset } from '../fixtures/gradient-dataset.js';
import { stratifiedHoldOut } from './stratified-hold-out.js';

/** Images of so many in each class, in order. */
function ofClasses(counts: readonly number[]): Dataset {
  const labels = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
  return {
    ...gradientDataset(labels.length),
    classes: counts.length,
    classNames: counts.map((_, label) => `class ${label}`),
    label: (index) => labels[index] as number,
    file: (index) => `${index}.jpg`,
  };
}

const filesOf = (dataset: Dataset): string[] =>
  Array.from({ length: dataset.size }, (_, index) => dataset.file?.(index) ?? '');

describe('stratifiedHoldOut', () => {
  it('puts every image on one side, of each class its share to within one, at least one and never all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2, max: 30 }), { minLength: 2, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (counts, at, seed) => {
          const all = ofClasses(counts);
          const images = counts.length + Math.floor(at * (all.size - 2 * counts.length));
          const { train, test } = stratifiedHoldOut(all, images, { seed });
          expect([train.size, test.size]).toEqual([all.size - images, images]);
          expect([...filesOf(train), ...filesOf(test)].sort()).toEqual(filesOf(all).sort());
          for (const [label, count] of counts.entries()) {
            let held = 0;
            for (let index = 0; index < test.size; index++) if (test.label(index) === label) held++;
            expect(held).toBeGreaterThanOrEqual(1);
            expect(held).toBeLessThan(count);
            const exact = (count * images) / all.size;
            // a class that must have one, or keep one, takes from the others
            if (
              counts.every(
                (each) => (each * images) / all.size >= 1 && (each * (all.size - images)) / all.size >= 1,
              )
            )
              expect(Math.abs(held - exact)).toBeLessThan(1);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('depends on the seed alone', () => {
    const all = ofClasses([20, 30]);
    const held = (seed?: number) => filesOf(stratifiedHoldOut(all, 10, { seed }).test);
    expect(held()).toEqual(held(1));
    expect(held(2)).not.toEqual(held(1));
    expect(stratifiedHoldOut(all, 10).test.facts).toEqual({ heldOut: 10, heldOutSeed: 1 });
  });

  it('names classes that cannot be in both', () => {
    expect(() => stratifiedHoldOut(ofClasses([3, 1, 1]), 3)).toThrow(
      /expected at least two images of each class, since one of each is held out, got one of "class 1", "class 2"/,
    );
  });

  it.each([1, 9, 2.5, Number.NaN])('refuses %j of 10', (images) => {
    expect(() => stratifiedHoldOut(ofClasses([5, 5]), images)).toThrow(
      'images: expected an integer from 2 to 8',
    );
  });
});
