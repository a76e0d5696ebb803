import { expect, it } from 'vitest';
import { sizeProblems } from './sizes.mjs';

const size = (/** @type {number} */ measured) => ({ measured, ceiling: measured + 10 });
/** @type {import('./sizes.mjs').Sizes} */
const recorded = {
  both: { tarball: size(100), browserBundle: size(50) },
  server: { tarball: size(100), browserBundle: 'Node only' },
};
/** @type {{ [name: string]: { tarball: number, browserBundle: number | 'Node only' } }} */
const asRecorded = {
  both: { tarball: 110, browserBundle: 60 },
  server: { tarball: 90, browserBundle: 'Node only' },
};

it('lets sizes up to their ceilings through', () => {
  expect(sizeProblems(asRecorded, recorded)).toEqual([]);
});

it('names what is above its ceiling', () => {
  const measured = { ...asRecorded, both: { tarball: 111, browserBundle: 61 } };
  expect(sizeProblems(measured, recorded)).toEqual([
    'both: its tarball has 111 bytes; the ceiling is 110',
    'both: its browser bundle has 61 bytes; the ceiling is 60',
  ]);
});

it('notices what bundles now, and what no longer does', () => {
  /** @type {typeof asRecorded} */
  const measured = {
    both: { tarball: 1, browserBundle: 'Node only' },
    server: { tarball: 1, browserBundle: 5 },
  };
  expect(sizeProblems(measured, recorded)).toEqual([
    'both: no longer bundles for browsers',
    'server: bundles for browsers, but is listed as Node only',
  ]);
});

it('wants every package listed, and no other', () => {
  const { both } = asRecorded;
  expect(sizeProblems({ both, added: { tarball: 1, browserBundle: 1 } }, recorded)).toEqual([
    'added: not in package-sizes.json',
    'server: in package-sizes.json, but no such package is published',
  ]);
});
