import { expect, it } from 'vitest';
import { logitsOfRows } from './logits-of-rows.js';

const logits = { values: Float32Array.of(1, 2, 3, 4, 5, 6), classes: 2 };

it('takes the logits of some images, in the order wanted, as often as wanted', () => {
  expect(logitsOfRows(logits, [2, 0, 2])).toEqual({ values: Float32Array.of(5, 6, 1, 2, 5, 6), classes: 2 });
  expect(logitsOfRows(logits, [])).toEqual({ values: new Float32Array(), classes: 2 });
});

it.each([3, -1, 0.5])('refuses image %s of three', (row) => {
  expect(() => logitsOfRows(logits, [0, row])).toThrow(
    `rows[1]: expected a whole number from 0 to 2, got ${row}`,
  );
});
