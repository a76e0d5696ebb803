import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { explanationSvg } from './explanation-svg.js';
import type { Explanation } from './explanation.js';
import { arbitraryExplanation, threeBlocks } from './fixtures/explanations.js';

/** What librsvg paints: throws unless the picture is well-formed XML and SVG. */
async function rendered(svg: string) {
  const { data, info } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    ...info,
    at: (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)],
  };
}

/** Where the boxes of sub-blocks lie. */
function boxes(svg: string): { x: number; y: number; width: number; filled: boolean }[] {
  const found = svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="21" fill="([^"]*)"/g);
  return [...found].map(([, x, y, width, fill]) => ({
    ...{ x: Number(x), y: Number(y), width: Number(width) },
    filled: !fill!.startsWith('url('),
  }));
}

const textOf = (svg: string, element: string) =>
  new RegExp(`<${element} [^>]*>([^<]*)</${element}>`).exec(svg)?.[1];

describe('explanationSvg', () => {
  it('fills what ran, and hatches what was skipped behind a broken outline', async () => {
    const svg = explanationSvg(threeBlocks);
    const picture = await rendered(svg);
    const drawn = boxes(svg);
    expect(drawn.map(({ filled }) => filled)).toEqual([true, false, false, false, true, true]);
    for (const { x, y, width, filled } of drawn) {
      const [red = 0, green = 0, blue = 0] = picture.at(Math.round(x + width - 8), y + 10);
      if (filled) expect([red, green, blue]).toEqual([0x00, 0x72, 0xb2]);
      else expect(red === green && green === blue && red > 0x90).toBe(true); // white or a grey line
    }
  });

  it('says in words what colours and patterns say', () => {
    const svg = explanationSvg(threeBlocks);
    expect(svg).toContain('>ran, 98 %<');
    expect(svg).toContain('>skipped, 31 %<');
    expect(textOf(svg, 'title')).toBe('What dmnn-tiny-n2 ran for photo.jpg');
    const description = textOf(svg, 'desc');
    expect(description).toContain('3 of 6 sub-blocks ran');
    expect(description).toContain('stage1.block0: sub-block 0 skipped, 4 %, sub-block 1 skipped, 50 %.');
    expect(description).toContain('25.0 % less than the mean of 10000 test images');
    expect(description).toContain('tench 75.0 %');
    expect(svg).toMatch(
      /^<svg [^>]*role="img" aria-labelledby="dmnn-explanation-title dmnn-explanation-description"/,
    );
  });

  it('draws bars as long as their shares', () => {
    const bars = [...explanationSvg(threeBlocks).matchAll(/width="([\d.]+)" fill="(#0072b2|#8a8a8a)"/g)];
    const lengths = bars.map(([, width]) => Number(width));
    // costs against the largest, then classes
    const shares = [3.3 / 6.3, 4.4 / 6.3, 1, 6 / 6.3, 0.75, 0.0625];
    expect(lengths.map((length) => length / lengths[2]!)).toEqual(
      shares.map((share) => expect.closeTo(share, 3) as number),
    );
  });

  it('holds the image, and asks nothing of the network', () => {
    const svg = explanationSvg(threeBlocks, { pixels: 'data:image/png;base64,AAAA' });
    expect(svg).toContain('href="data:image/png;base64,AAAA"');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\((?!#)/);
  });

  it('draws a static network', async () => {
    const svg = explanationSvg({ ...threeBlocks, blocks: [] });
    expect(svg).toContain('A static network: all of it runs for every image');
    await rendered(svg);
  });

  it('stays a picture whatever file and classes are called', async () => {
    const attack: Explanation = {
      ...threeBlocks,
      image: `"><script>alert('1')</script>&\u0000\ud800`,
      classes: [{ index: 3, name: '</text><script/>', probability: 0.5 }],
    };
    const svg = explanationSvg(attack);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\\u0000\\ud800');
    await rendered(svg);
    await fc.assert(
      fc.asyncProperty(arbitraryExplanation, async (any) => {
        expect((await rendered(explanationSvg(any))).width).toBe(800);
      }),
      { numRuns: 30 },
    );
  });
});
