import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explanationText } from './explanation-text.js';
import { arbitraryExplanation, threeBlocks } from './fixtures/explanations.js';

describe('explanationText', () => {
  it('draws blocks, costs and classes', () => {
    expect(explanationText(threeBlocks, { columns: 100, unicode: true })).toBe(`\
photo.jpg, classified by dmnn-tiny-n2

3 of 6 sub-blocks ran, in 3.1 ms.
The image cost 3.300 M multiply-accumulates, 25.0 % less than the mean of 10000 test images.

block          sub-block 0         sub-block 1            MACs
stage0.block0  ● ██████████  98 %  ○ ███░░░░░░░  31 %  1.100 M  of 2.100 M
stage1.block0  ○ ░░░░░░░░░░   4 %  ○ █████░░░░░  50 %  100.0 k  of 2.100 M
stage2.block0  ● ██████████ 100 %  ● ████████░░  77 %  2.100 M  of 2.100 M

● ran, ○ skipped; in percent: how probably its controller opens it

cost                                          MACs  of the undivided
this image           ██████████░░░░░░░░░░  3.300 M            55.0 %
mean of test images  ██████████████░░░░░░  4.400 M            73.3 %
all sub-blocks open  ████████████████████  6.300 M           105.0 %
undivided backbone   ███████████████████░  6.000 M           100.0 %

class                            probability
tench (0)  ███████████████░░░░░       75.0 %
class 91   █░░░░░░░░░░░░░░░░░░░        6.3 %`);
  });

  it('draws with ASCII alone where nothing else is read', () => {
    const text = explanationText(threeBlocks, { columns: 100, unicode: false });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain('stage0.block0  x ##########  98 %  - ###.......  31 %  1.100 M  of 2.100 M');
  });

  it('says that a static network decides nothing', () => {
    const text = explanationText({ ...threeBlocks, blocks: [] }, { columns: 100, unicode: true });
    expect(text).toMatch(/^A static network: all of it runs for every image/m);
    expect(text).not.toContain('ran, ○ skipped');
  });

  it('keeps to the width of the terminal and lets no control character through', () => {
    fc.assert(
      fc.property(
        arbitraryExplanation,
        fc.integer({ min: 80, max: 200 }),
        fc.boolean(),
        (any, columns, unicode) => {
          const text = explanationText(any, { columns, unicode });
          expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
          const rows = text.split('\n').filter((line) => line.startsWith('stage10.block10'));
          expect(rows).toHaveLength(any.blocks.length);
          for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});
