import { expect, it } from 'vitest';
import { AgreementCounter } from './agreement-counter.js';
import { holdOut } from './hold-out.js';

it('counts images whose likeliest class is the same, and gates that are', () => {
  const counter = new AgreementCounter();
  expect([counter.images, counter.agreement]).toEqual([0, { sameClass: 1, sameGates: 1 }]);
  const reference = { logits: Float32Array.of(1, 5, 2), gates: [[true, false], [true]] };
  counter.add(reference, { logits: Float32Array.of(4, 5, 2), gates: [[true, true], [true]] });
  counter.add(reference, { logits: Float32Array.of(6, 5, 2), gates: [[true, true], [false]] });
  expect([counter.images, counter.agreement]).toEqual([2, { sameClass: 0.5, sameGates: 0.5 }]);
});

it('holds out every fourth image, of two or three the last, and no only one', () => {
  const images = (count: number) => Array.from({ length: count }, (_, i) => i);
  expect(holdOut(images(9))).toEqual({ observed: [0, 1, 2, 4, 5, 6, 8], heldOut: [3, 7] });
  expect(holdOut(images(3))).toEqual({ observed: [0, 1], heldOut: [2] });
  expect(holdOut(images(2))).toEqual({ observed: [0], heldOut: [1] });
  expect(holdOut(images(1))).toEqual({ observed: [0], heldOut: [] });
});
