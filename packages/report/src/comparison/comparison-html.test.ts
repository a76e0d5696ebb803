import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { describe, expect, it } from 'vitest';
import type { ComparisonData } from './comparison-data.js';
import { comparisonHtml } from './comparison-html.js';

const system = (name: string, topOneErrorPercent: number, meanMacs: number) => ({
  ...{ name, topOneErrorPercent, meanMacs, msPerImage: meanMacs / 1e7 },
});

function sample(text = 'cat'): ComparisonData {
  const image = { className: text, predictedClass: text, confidence: 0.9, png: 'data:image/png;base64,AAAA' };
  const images = Array.from({ length: 13 }, (_, index) => ({ ...image, isCorrect: index % 3 > 0 }));
  return {
    title: text,
    paragraphs: [text, 'Two.'],
    systems: [system(text, 12.5, 3.2e6), system('narrowed', 15.25, 1.8e6)],
    control: { ...system('at random', 14, 1.8e6), msPerImage: null },
    places: [
      { name: `Stopped at ${text}`, share: 0.7, topOneErrorPercent: 3, images },
      { name: 'Went on', share: 0.3, topOneErrorPercent: 41.25, images: [] },
    ],
  };
}

const validator = new HtmlValidate(
  new StaticConfigLoader({
    extends: ['html-validate:recommended', 'html-validate:a11y'],
    rules: {
      'no-inline-style': 'error',
      'void-style': 'off', // empty SVG elements are closed as in files of their own
      'tel-non-breaking': 'off', // numbers are no telephone numbers
      'prefer-native-element': 'off', // a table that scrolls is a group, but no set of fields
    },
  }),
);

describe('comparisonHtml', () => {
  it('is valid HTML', async () => {
    const { results } = await validator.validateString(comparisonHtml(sample()));
    expect(results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`))).toEqual([]); // prettier-ignore
  });

  it('shows every system with its share of the first one’s cost, and the images of each place', () => {
    const page = comparisonHtml(sample());
    expect(page).toMatch(/<th scope="row">narrowed<\/th><td class="number">15\.25<\/td>.*?56\.3/);
    expect(page).toMatch(/at random<\/th><td class="number">14\.00<\/td>.*?–/);
    expect(page).toContain('Stopped at cat: 70.0 % of the images, 3.0 % of them wrong.');
    expect(page.match(/<image /g)).toHaveLength(13);
    expect(page.match(/× cat/g)).toHaveLength(5);
  });

  it('escapes what it is given, and loads nothing', () => {
    const page = comparisonHtml(sample('<script src="https://example.org/x.js"></script>'));
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/<(img|link|iframe)/);
  });

  it('leaves out what there is not', () => {
    const page = comparisonHtml({ ...sample(), control: null, places: [] });
    expect(page).not.toContain('Where images stop');
    expect(page).not.toContain('at random');
  });

  it.each([
    [{ systems: [] }, 'systems: expected at least one, got none'],
    [{ systems: [system('a', NaN, 1)] }, 'expected finite numbers, got NaN'],
  ])('refuses %j', (change, message) => {
    const show = (): string => comparisonHtml({ ...sample(), ...change });
    expect(show).toThrow(expect.objectContaining({ code: 'DMNN_REPORT_DATA' }));
    expect(show).toThrow(message);
  });
});
