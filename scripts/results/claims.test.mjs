import { expect, it } from 'vitest';
import { claimsPage, computedClaims, parseImageLog } from './claims.mjs';

it('reads a log by the names of its columns', () => {
  const text = '{"format":1,"lastMacs":10,"columns":["index","right"]}\n[0,1]\n[3,0]\n';
  expect(parseImageLog(text)).toEqual({
    head: { format: 1, lastMacs: 10 },
    columns: { index: [0, 3], right: [1, 0] },
  });
});

it('computes every claim from its log, and shows a bound that is not met', () => {
  const claims = computedClaims();
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  // counted in the log by another program: 626 of 10,000 lines have a 0 in their second place
  expect(claims.find(({ id }) => id === 'cascade-cifar10-error')).toMatchObject({ value: 6.26, met: true });
  const [first] = claims;
  if (!first) throw new Error('expected a claim');
  const page = claimsPage([{ ...first, value: -1.5, unit: 'points', reach: '≤ -2', met: false }]);
  expect(page).toContain('| −1.5 ± 0.48 points | ≤ -2 points | no |');
});
