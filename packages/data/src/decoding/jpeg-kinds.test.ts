import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { decodeImage } from './decode-image.js';
import { evaluationView, type ViewOf } from './image-view.js';

/** What Pillow makes of a file: digests of its pixels, or why it refuses it. */
interface Kind {
  readonly name: string;
  readonly file: string;
  readonly size: readonly [number, number];
  readonly whole: string;
  /** Missing where rows and columns are exchanged. */
  readonly evaluation?: string;
  readonly refused?: string;
}

/** From jpeg-kinds.py. */
const kinds = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/jpeg-kinds.json.gz', import.meta.url))).toString(),
) as Kind[];
const bytesOf = ({ file }: Kind) => new Uint8Array(Buffer.from(file, 'base64'));
const digest = (pixels: Uint8Array) => createHash('sha256').update(pixels).digest('hex').slice(0, 16);
const intact = kinds.filter(({ refused }) => refused === undefined);
const refused = kinds.filter((kind) => kind.refused !== undefined);

const whole: ViewOf = (size) => viewOf(size, { leftPx: 0, topPx: 0, ...size });
const viewOf = (
  _: unknown,
  box: { leftPx: number; topPx: number; widthPx: number; heightPx: number },
  reducedDecoding = false,
) => ({
  box,
  resized: { widthPx: box.widthPx, heightPx: box.heightPx },
  window: { leftPx: 0, topPx: 0, widthPx: box.widthPx, heightPx: box.heightPx },
  flipped: false,
  reducedDecoding,
});
/** One pixel in the upper left corner, long before most damage. */
const corner: ViewOf = (size) => viewOf(size, { leftPx: 0, topPx: 0, widthPx: 1, heightPx: 1 });
/** The whole at an eighth, decoded so. */
const eighth: ViewOf = (size) => ({
  ...viewOf(size, { leftPx: 0, topPx: 0, ...size }, true),
  resized: { widthPx: 1, heightPx: 1 },
  window: { leftPx: 0, topPx: 0, widthPx: 1, heightPx: 1 },
});

it.each(intact)("of $name is Pillow's", async (kind) => {
  const { pixels, widthPx, heightPx } = await decodeImage(bytesOf(kind), whole, 'f');
  expect([widthPx, heightPx]).toEqual(kind.size);
  expect(digest(pixels)).toBe(kind.whole);
  const evaluation = await decodeImage(bytesOf(kind), evaluationView({ shorterSidePx: 24, sizePx: 20 }), 'f');
  if (kind.evaluation !== undefined) expect(digest(evaluation.pixels)).toBe(kind.evaluation);
});

it.each(intact)('of $name is the same in any crop', async (kind) => {
  const bytes = bytesOf(kind);
  const [widthPx, heightPx] = kind.size;
  const { pixels: all } = await decodeImage(bytes, whole, 'f');
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  await fc.assert(
    fc.asyncProperty(share, share, share, share, async (left, top, across, down) => {
      const [leftPx, topPx] = [Math.floor(left * widthPx), Math.floor(top * heightPx)];
      const [columns, rows] = [
        1 + Math.floor(across * (widthPx - leftPx)),
        1 + Math.floor(down * (heightPx - topPx)),
      ];
      const box = { leftPx, topPx, widthPx: columns, heightPx: rows };
      const { pixels } = await decodeImage(bytes, (size) => viewOf(size, box), 'f');
      for (let row = 0; row < rows; row++) {
        const from = 3 * ((topPx + row) * widthPx + leftPx);
        expect(pixels.subarray(3 * row * columns, 3 * (row + 1) * columns)).toEqual(
          all.subarray(from, from + 3 * columns),
        );
      }
    }),
    { numRuns: 20 },
  );
});

describe.each(refused)('$name, which Pillow refuses ($refused),', (kind) => {
  it.each([
    ['whole', whole],
    ['in the evaluation view', evaluationView({ shorterSidePx: 24, sizePx: 20 })],
    ['in a crop before the damage', corner],
    ['at an eighth', eighth],
  ])('is refused %s', async (_, view) => {
    const error: unknown = await decodeImage(bytesOf(kind), view, 'a/b.jpg').catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).file).toBe('a/b.jpg');
  });
});
