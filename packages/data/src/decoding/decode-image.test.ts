import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { decodeImage } from './decode-image.js';
import { evaluationView, type ViewOf, type ImageView } from './image-view.js';
import { sourceDigest } from '../image-decoder.generated.js';
import { randomWord } from '../built-in/random-words.js';

interface Case {
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly file: string;
  readonly whole: string;
  readonly evaluation: string;
  readonly enlarged: string;
  /** Left, top, right, bottom. */
  readonly box: [number, number, number, number];
  readonly crop: string;
}

/** Files, and what Pillow and torchvision read from them. From images.py. */
const cases = JSON.parse(
  readFileSync(new URL('../fixtures/image-files.json', import.meta.url), 'utf8'),
) as Case[];
/** Other formats, and what Pillow's `convert('RGB')` gives. From other-formats.py. */
const others = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/other-formats.json.gz', import.meta.url))).toString(),
) as {
  readonly name: string;
  readonly file: string;
  readonly size: [number, number];
  readonly pixels: string;
}[];
/** From jpeg-reduced.py. */
const reducedFiles = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/jpeg-reduced.json.gz', import.meta.url))).toString(),
) as { readonly sampling: string; readonly file: string }[];
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const named = (name: string) => bytesOf(cases.find((one) => one.name === name)!.file);

const whole: ViewOf = (size) => ({
  box: { leftPx: 0, topPx: 0, ...size },
  resized: size,
  window: { leftPx: 0, topPx: 0, ...size },
  flipped: false,
  reducedDecoding: false,
});
const changed =
  (change: Partial<ImageView>): ViewOf =>
  (size) => ({ ...whole(size), ...change });

function changedAt(file: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const changed = Uint8Array.from(file);
  changed.set(bytes, at);
  return changed;
}

function uniform(at: number): number {
  return randomWord(1, at) / 2 ** 32;
}

/** The largest difference of two images' bytes. */
function largestDifference(one: Uint8Array, other: Uint8Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at]!)), 0);
}

describe('decodeImage', () => {
  describe.each(cases)('of $name', ({ name, file, widthPx, heightPx, ...expected }) => {
    const read = async (viewOf: ViewOf) => (await decodeImage(bytesOf(file), viewOf, 'f')).pixels;

    // Pillow 13 resizes down before across where the height shrinks more, earlier versions never: a step of rounding
    const rounding = name === '4:2:0 upright' ? 1 : 0;

    it("is Pillow's, whole", async () => {
      const { pixels, original, ...size } = await decodeImage(bytesOf(file), whole, 'f');
      expect(size).toEqual({ widthPx, heightPx });
      expect(original).toEqual({ widthPx, heightPx });
      expect(largestDifference(pixels, bytesOf(expected.whole))).toBe(0);
    });

    it("is torchvision's in evaluation, reduced and enlarged", async () => {
      const reduced = await read(evaluationView({ shorterSidePx: 24, sizePx: 20 }));
      expect(largestDifference(reduced, bytesOf(expected.evaluation))).toBeLessThanOrEqual(rounding);
      const enlarged = await read(evaluationView({ shorterSidePx: 70, sizePx: 24 }));
      expect(largestDifference(enlarged, bytesOf(expected.enlarged))).toBeLessThanOrEqual(rounding);
    });

    it("is Pillow's in a crop", async () => {
      const [leftPx, topPx, right, bottom] = expected.box;
      const box = { leftPx, topPx, widthPx: right - leftPx, heightPx: bottom - topPx };
      const resized = { widthPx: 16, heightPx: 16 };
      const window = { leftPx: 0, topPx: 0, ...resized };
      const pixels = await read(changed({ box, resized, window }));
      expect(largestDifference(pixels, bytesOf(expected.crop))).toBeLessThanOrEqual(rounding);
    });
  });

  it.each(cases)('decodes any box of $name as that of the whole', async ({ file, whole: all, ...size }) => {
    const [bytes, expected] = [bytesOf(file), bytesOf(all)];
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(place, place, place, place, async (left, top, right, bottom) => {
        const leftPx = Math.floor(left * size.widthPx);
        const topPx = Math.floor(top * size.heightPx);
        const widthPx = 1 + Math.floor(right * (size.widthPx - leftPx));
        const heightPx = 1 + Math.floor(bottom * (size.heightPx - topPx));
        const box = { leftPx, topPx, widthPx, heightPx };
        const view = changed({ box, resized: box, window: { ...box, leftPx: 0, topPx: 0 } });
        const { pixels } = await decodeImage(bytes, view, 'f');
        for (let row = 0; row < heightPx; row++) {
          const start = 3 * ((topPx + row) * size.widthPx + leftPx);
          const got = pixels.subarray(3 * row * widthPx, 3 * (row + 1) * widthPx);
          expect(got).toEqual(expected.subarray(start, start + 3 * widthPx));
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each(['4:4:4', '4:2:0'])("is libvips's for a large noisy file of %s", async (chromaSubsampling) => {
    // the reader of codes that is for all but a file's last kilobytes; all of them, and the longest numbers
    const [width, height] = [310, 220];
    const noise = Uint8Array.from({ length: width * height * 3 }, (_, at) => uniform(at) * 256);
    const file = await sharp(noise, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 99, chromaSubsampling, progressive: false })
      .toBuffer();
    expect(file.length).toBeGreaterThan(50_000);
    const { pixels } = await decodeImage(file, whole, 'f');
    expect(largestDifference(pixels, await sharp(file).raw().toBuffer())).toBe(0);
  });

  it('mirrors at the end', async () => {
    const { pixels, widthPx, heightPx } = await decodeImage(named('4:2:0'), whole, 'f');
    const mirrored = await decodeImage(named('4:2:0'), changed({ flipped: true }), 'f');
    for (let row = 0; row < heightPx; row++) {
      for (let column = 0; column < widthPx; column++) {
        const at = 3 * (row * widthPx + column);
        const other = 3 * (row * widthPx + widthPx - 1 - column);
        expect(mirrored.pixels.subarray(other, other + 3)).toEqual(pixels.subarray(at, at + 3));
      }
    }
  });

  it('turns as EXIF says', async () => {
    const { data, info } = await sharp(named('4:4:4')).raw().toBuffer({ resolveWithObject: true });
    for (let orientation = 1; orientation <= 8; orientation++) {
      const raw = { width: info.width, height: info.height, channels: 3 } as const;
      const file = await sharp(data, { raw }).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
      const upright = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const ours = await decodeImage(file, whole, 'f');
      expect([ours.widthPx, ours.heightPx]).toEqual([upright.info.width, upright.info.height]);
      expect(largestDifference(ours.pixels, upright.data)).toBeLessThanOrEqual(1);
      // a box in the upright picture is that of the whole one
      const box = { leftPx: 7, topPx: 11, widthPx: 20, heightPx: 30 };
      const size = { widthPx: 20, heightPx: 30 };
      const view = changed({ box, resized: size, window: { leftPx: 0, topPx: 0, ...size } });
      const part = await decodeImage(file, view, 'f');
      const cut = await sharp(upright.data, { raw: { ...upright.info, channels: 3 } })
        .extract({ left: 7, top: 11, width: 20, height: 30 })
        .raw()
        .toBuffer();
      expect(largestDifference(part.pixels, cut)).toBeLessThanOrEqual(1);
    }
  });

  it('loses no colour of a coarsely sampled file at a reduced size', async () => {
    // stripes 12 pixels wide across and down; each file has 160 × 160 pixels. From jpeg-reduced.py.
    for (const { sampling, file } of reducedFiles) {
      for (const scale of [2, 4, 8]) {
        const px = Math.floor(160 / scale / 1.1);
        const resized = { widthPx: px, heightPx: px };
        const view = { resized, window: { leftPx: 0, topPx: 0, ...resized } };
        const exact = await decodeImage(bytesOf(file), changed(view), 'f');
        const reduced = await decodeImage(bytesOf(file), changed({ ...view, reducedDecoding: true }), 'f');
        const sum = exact.pixels.reduce((all, value, at) => all + Math.abs(value - reduced.pixels[at]!), 0);
        expect(sum / exact.pixels.length, `${sampling} at 1/${scale}`).toBeLessThanOrEqual(10);
        expect(largestDifference(exact.pixels, reduced.pixels)).toBeLessThanOrEqual(80);
      }
    }
  });

  it('decodes a large box at a reduced size where it may', async () => {
    const width = 800;
    const slopes = Uint8Array.from({ length: width * width * 3 }, (_, at) => {
      const [column, row] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      return 128 + 100 * Math.sin(column / 60) * Math.cos(row / 80 + (at % 3));
    });
    const file = await sharp(slopes, { raw: { width, height: width, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer();
    for (const px of [300, 190, 90]) {
      const size = { widthPx: px, heightPx: px };
      const view = { resized: size, window: { leftPx: 0, topPx: 0, ...size } };
      const exact = await decodeImage(file, changed(view), 'f');
      const reduced = await decodeImage(file, changed({ ...view, reducedDecoding: true }), 'f');
      expect(largestDifference(exact.pixels, reduced.pixels)).toBeLessThanOrEqual(6);
    }
  });

  it('keeps images apart that are decoded at the same time', async () => {
    const png = await sharp(named('4:2:2')).png().toBuffer();
    const files = [...cases.map((one) => bytesOf(one.file)), png, named('grey'), png];
    const alone = [];
    for (const file of files) alone.push((await decodeImage(file, whole, 'f')).pixels);
    const together = await Promise.all(files.map((file) => decodeImage(file, whole, 'f')));
    expect(together.map(({ pixels }) => pixels)).toEqual(alone);
  });

  it('rejects views that do not fit', async () => {
    const size = { widthPx: 61, heightPx: 47 };
    for (const change of [
      { box: { leftPx: 1, topPx: 0, ...size } },
      { box: { leftPx: 0, topPx: 0, widthPx: Number.NaN, heightPx: 4 } },
      { box: { leftPx: 0, topPx: 0, widthPx: 0, heightPx: 4 } },
      { resized: { widthPx: 61.5, heightPx: 47 } },
      { resized: { widthPx: 2 ** 31, heightPx: 47 } },
      {
        resized: { widthPx: 9000, heightPx: 9000 },
        window: { leftPx: 0, topPx: 0, widthPx: 9000, heightPx: 9000 },
      },
      { window: { leftPx: 0, topPx: 1, ...size } },
      { window: { leftPx: 0.5, topPx: 0, widthPx: 4, heightPx: 4 } },
    ]) {
      await expect(decodeImage(named('4:4:4'), changed(change), 'f')).rejects.toThrow(RangeError);
    }
  });
});

describe('decodeImage of damaged files', () => {
  const failure = async (bytes: Uint8Array) => {
    const error: unknown = await decodeImage(bytes, whole, 'a/b.jpg').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).file).toBe('a/b.jpg');
    return (error as DataError).message;
  };

  it('does not call an image damaged for the caller’s mistakes', async () => {
    const bytes = Buffer.from(cases[0]!.file, 'base64');
    await expect(decodeImage(bytes, undefined as unknown as ViewOf, 'a.jpg')).rejects.toThrow(
      new TypeError('viewOf: expected a function such as evaluationView(), got undefined'),
    );
    const mistake = new TypeError('mine');
    const throwing: ViewOf = () => {
      throw mistake;
    };
    await expect(decodeImage(bytes, throwing, 'a.jpg')).rejects.toBe(mistake);
  });

  it('names the file and what is wrong', async () => {
    const file = named('4:4:4');
    expect(await failure(file.subarray(0, file.length / 2))).toMatch(/end of the file after \d+ bytes/);
    const header = file.findIndex((byte, at) => byte === 0xff && file[at + 1] === 0xc0);
    const empty = changedAt(file, header + 5, 0, 0);
    expect(await failure(empty)).toMatch(/a damaged one \(.+\)/);
    // 12,850 × 12,850 pixels cannot be in so few bytes
    expect(await failure(changedAt(file, header + 5, 0x32, 0x32, 0x32, 0x32))).toMatch(
      /end of the file after/,
    );
    const tooWide = changedAt(file, header + 7, 0xff, 0xff);
    expect(await failure(tooWide)).toMatch(/dimension is 65500 pixels/);
    const noTables = changedAt(
      file,
      file.findIndex((byte, at) => byte === 0xff && file[at + 1] === 0xdb) + 1,
      0xfe,
    );
    expect(await failure(noTables)).toMatch(/Quantization table 0x0\d was not defined/);
  });

  it('does not call damaged what is too large or of a kind that is not read', async () => {
    const file = named('4:4:4');
    const header = file.findIndex((byte, at) => byte === 0xff && file[at + 1] === 0xc0);
    for (const [bytes, message] of [
      [
        changedAt(file, header + 4, 12),
        'expected a JPEG of 8 bits for each sample .*, got 12 bits for each sample',
      ],
      [changedAt(file, header + 9, 2), 'expected a JPEG of .* 1, 3 or 4 components.*, got 2 components'],
      [changedAt(file, header + 1, 0xc3), 'expected a JPEG of .*, got a lossless one'],
      [changedAt(file, header + 1, 0xc5), 'expected a JPEG of .*, got a hierarchical one'],
      [changedAt(file, header + 5, 0x80, 0, 0x80, 0), 'at most 178956970 pixels, got 32768 × 32768 pixels'],
    ] as const) {
      expect(await failure(bytes)).toMatch(new RegExp(message));
      expect(await failure(bytes)).not.toMatch(/damaged/);
    }
  });

  it('survives any damage, and reads the next file as ever', async () => {
    const good = cases.filter(({ name }) => name !== 'one pixel');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat()),
        async ({ file }, changes, end) => {
          let damaged = bytesOf(file);
          for (const [at, byte] of changes) damaged[2 + (at % (damaged.length - 2))] = byte;
          if (end !== null) damaged = damaged.subarray(0, 2 + (end % damaged.length));
          await decodeImage(damaged, evaluationView({ shorterSidePx: 20, sizePx: 16 }), 'f').catch(
            (error: unknown) => {
              expect(error).toBeInstanceOf(DataError);
            },
          );
        },
      ),
      { numRuns: 1500 },
    );
    for (const { file, whole: expected } of cases) {
      const { pixels } = await decodeImage(bytesOf(file), whole, 'f');
      expect(largestDifference(pixels, bytesOf(expected))).toBe(0);
    }
  });
});

describe('decodeImage of other formats', () => {
  const original = async () => sharp(named('4:4:4')).raw().toBuffer({ resolveWithObject: true });

  it('reads PNG, WebP, TIFF and GIF', async () => {
    const { data, info } = await original();
    const image = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
    for (const file of [
      image.clone().png(),
      image.clone().webp({ lossless: true }),
      image.clone().tiff({ compression: 'lzw' }),
    ]) {
      const { pixels } = await decodeImage(await file.toBuffer(), whole, 'f');
      expect(largestDifference(pixels, data)).toBe(0);
    }
    const { pixels } = await decodeImage(await image.gif().toBuffer(), whole, 'f');
    expect(pixels.length).toBe(data.length);
  });

  it('resizes them as JPEGs', async () => {
    const png = await sharp(Buffer.from(bytesOf(cases[0]!.whole)), {
      raw: { width: cases[0]!.widthPx, height: cases[0]!.heightPx, channels: 3 },
    })
      .png()
      .toBuffer();
    const { pixels } = await decodeImage(png, evaluationView({ shorterSidePx: 24, sizePx: 20 }), 'f');
    expect(largestDifference(pixels, bytesOf(cases[0]!.evaluation))).toBe(0);
  });

  it.each(others)("of $name is Pillow's", async ({ file, size, pixels: expected }) => {
    const { pixels, widthPx, heightPx } = await decodeImage(bytesOf(file), whole, 'f');
    expect([widthPx, heightPx]).toEqual(size);
    expect(largestDifference(pixels, bytesOf(expected))).toBeLessThanOrEqual(1);
  });

  it('takes the upper 8 bits of grey of 16 bits', async () => {
    const grey = Uint16Array.from({ length: 16 }, (_, i) => 4000 * i + 200);
    const raw = { width: 4, height: 4, channels: 1 } as const;
    const png = await sharp(grey, { raw }).toColourspace('grey16').png().toBuffer();
    const { pixels } = await decodeImage(png, whole, 'f');
    expect([...pixels]).toEqual([...grey].flatMap((value) => Array<number>(3).fill(value >> 8)));
  });

  it('refuses truncated ones as damaged', async () => {
    for (const { file, name } of others.filter((one) => !one.name.includes('animated'))) {
      const bytes = bytesOf(file);
      const error: unknown = await decodeImage(bytes.subarray(0, bytes.length * 0.6), whole, 'f').catch(
        (caught: unknown) => caught,
      );
      expect(error, name).toBeInstanceOf(DataError);
      expect((error as DataError).message).toMatch(
        /that is intact, got (a damaged one|one that sharp does not read)/,
      );
    }
  });

  it('says that an image of another format is too large', async () => {
    const png = await sharp({ create: { width: 20000, height: 9000, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    await expect(decodeImage(png, whole, 'f.png')).rejects.toThrow(
      'f.png: expected a PNG of at most 178956970 pixels, got 20000 × 9000 pixels',
    );
  });
});

it('is compiled from the sources in native/', () => {
  const native = fileURLToPath(new URL('../../native/', import.meta.url));
  const digest = createHash('sha256');
  for (const name of readdirSync(native).sort()) digest.update(readFileSync(`${native}${name}`));
  expect(sourceDigest).toBe(digest.digest('hex'));
});
