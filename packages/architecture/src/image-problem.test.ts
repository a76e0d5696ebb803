import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageProblem } from './image-problem.js';

const size = { imageSizePx: 4, inChannels: 3 };

describe('imageProblem', () => {
  it('finds none in finite numbers of the right length, in either layout', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 48, maxLength: 48, noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom('hwc' as const, 'chw' as const),
        (image, layout) => imageProblem(image, layout, size) === undefined,
      ),
    );
  });

  it('finds one number that is not finite, wherever it is', () => {
    fc.assert(
      fc.property(fc.nat({ max: 48 }), fc.constantFrom(NaN, Infinity, -Infinity), (at, value) => {
        const image = new Float32Array(49);
        image[at] = value;
        expect(imageProblem(image, 'hwc', { imageSizePx: 7, inChannels: 1 })).toEqual({
          what: `image: expected finite numbers, got ${value}`,
          remedy: 'Check the normalisation for a division by 0.',
        });
      }),
    );
  });

  it.each([
    [new Float32Array(47), 'hwc', 'image: expected a Float32Array of 48 numbers, [4, 4, 3], got 47 numbers'],
    [new Float32Array(49), 'chw', 'image: expected a Float32Array of 48 numbers, [3, 4, 4], got 49 numbers'],
    [new Array(48).fill(0), 'hwc', 'image: expected a Float32Array of 48 numbers, [4, 4, 3], got object'],
    [undefined, 'hwc', 'image: expected a Float32Array of 48 numbers, [4, 4, 3], got undefined'],
    [new Float32Array(48), 'nchw', "layout: expected 'hwc' or 'chw', got 'nchw'"],
  ] as const)('says what is wrong: %#', (image, layout, what) => {
    expect(imageProblem(image as Float32Array, layout as 'hwc', size)?.what).toBe(what);
  });
});
