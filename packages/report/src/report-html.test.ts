import fc from 'fast-check';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { describe, expect, it } from 'vitest';
import type { ReportData } from './report-data.js';
import { reportFigures } from './report-figures.js';
import { reportHtml } from './report-html.js';
import { sampleDynamicRun, sampleReportData, sampleStaticRun } from './fixtures/sample-report-data.js';
import { parseXml } from './fixtures/parse-xml.js';

/** A report whose every name is the given text. */
function named(text: string): ReportData {
  const run = sampleDynamicRun(text, 1);
  const evaluation = run.evaluation!;
  return sampleReportData({
    title: text,
    conventions: text,
    runs: [
      {
        ...run,
        model: text,
        data: text,
        recipe: text,
        remarks: [text],
        evaluation: {
          ...evaluation,
          categories: evaluation.categories.map((each) => ({ ...each, name: text, group: text })),
          samples: evaluation.samples.map((each) => ({
            ...each,
            className: text,
            easiest: each.easiest.map((image) => ({ ...image, predictedClass: text })),
          })),
        },
      },
    ],
    budgets: [{ run: text, points: [{ label: text, macsRatio: 0.5, topOneErrorPercent: 30 }] }],
    paper: sampleReportData().paper.map((row) => ({ ...row, id: text, run: text, reason: text })),
  });
}

const validator = new HtmlValidate(
  new StaticConfigLoader({
    extends: ['html-validate:recommended', 'html-validate:a11y'],
    rules: {
      'no-inline-style': 'error',
      'void-style': 'off', // empty SVG elements are closed in the page as in their files
      'long-title': 'off', // the names of runs can be long
      'tel-non-breaking': 'off', // numbers are no telephone numbers
      'prefer-native-element': 'off', // a table that scrolls is a group, but no set of fields
    },
  }),
);

describe('reportHtml', () => {
  it('is valid HTML', async () => {
    const report = await validator.validateString(reportHtml(sampleReportData()));
    expect(report.results.flatMap(({ messages }) => messages.map(({ ruleId, message, line }) => `${line} ${ruleId}: ${message}`))).toEqual([]); // prettier-ignore
  });

  it('loads nothing and runs nothing', () => {
    const page = reportHtml(named('<script src="https://example.org/x.js"></script>'));
    expect(page).not.toMatch(/<script/i);
    expect(page).not.toMatch(/<(link|iframe|object|embed|base)\b/i);
    expect(page).not.toMatch(/<[^>]*\s(src|href)="(?!#|data:image\/png;base64,)/);
    expect(page).not.toMatch(/url\(|@import/);
    expect(page).toContain('default-src &#x27;none&#x27;');
  });

  it('has each run, remark, figure and table, and headings for its sections', () => {
    const data = sampleReportData();
    const page = reportHtml(data);
    for (const { name, remarks } of data.runs) for (const text of [name, ...remarks]) expect(page).toContain(text);
    for (const { id, title } of reportFigures(data)) {
      expect(page).toContain(`<figure id="${id}">`);
      expect(page).toContain(`Data of the figure: ${title}`);
    }
    const headings = [...page.matchAll(/<h2 id="[^"]*">([^<]*)/g)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Runs',
      'Accuracy against cost',
      'Training',
      'Cost of the images',
      'Easy and hard images',
      'Which sub-blocks run',
      'Ours against the paper',
    ]);
    expect(page).toContain('Means over seeds ± standard deviation');
    const still = reportHtml(sampleReportData({ runs: [sampleStaticRun()], budgets: [], paper: [] }));
    expect([...still.matchAll(/<h2 /g)]).toHaveLength(3);
  }); // prettier-ignore

  it('says whether gates pay, if they have a control', () => {
    const { runs, ...data } = sampleReportData();
    const pageOf = (high: number): string => {
      const control = {
        topOneErrorPercent: 40,
        macsRatio: 0.5,
        difference: -1.5,
        interval: [-2, high] as const,
      };
      const [first, second] = runs;
      const compared = { ...second!, evaluation: { ...second!.evaluation!, control } };
      return reportHtml({ ...data, runs: [first!, compared, ...runs.slice(2)] });
    };
    expect(pageOf(-0.5)).toContain('better than the best fixed pattern of the same mean cost');
    expect(pageOf(-0.5)).toMatch(/as trained<.*>−1\.50<.*>−2\.00 to −0\.50</);
    expect(pageOf(0.1)).toContain('No better than static networks: 1 of 1');
    expect(reportHtml({ ...data, runs })).not.toContain('controls-table');
  });

  it('gives mean and deviation over seeds: 35 and 45 are 40 ± 7.07', () => {
    const run = (name: string, seed: number, topOneErrorPercent: number): ReportData['runs'][number] => {
      const one = sampleStaticRun({ name, seed });
      return { ...one, evaluation: { ...one.evaluation!, topOneErrorPercent } };
    };
    const page = reportHtml(sampleReportData({ runs: [run('a', 1, 35), run('b', 2, 45)], budgets: [] }));
    expect(page).toContain('40.00 ± 7.07');
  });

  it('is the same text for the same data, also after a round trip through JSON', () => {
    const data = sampleReportData();
    const again = JSON.parse(JSON.stringify(data)) as ReportData;
    expect(reportHtml(again)).toBe(reportHtml(data));
    expect(reportFigures(again)).toEqual(reportFigures(data));
  });
});

describe('reportFigures', () => {
  it('are well-formed, named, described and free of NaN, whatever the names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }), (text) => {
        const data = named(text);
        for (const { svg, id } of reportFigures(data)) {
          const { elements } = parseXml(svg);
          const root = elements[0]!.attributes;
          expect(root['role']).toBe('img');
          expect(root['aria-labelledby']).toBe(`${id}-title`);
          expect(root['aria-describedby']).toBe(`${id}-description`);
          for (const { attributes } of elements) {
            for (const [name, value] of Object.entries(attributes)) {
              expect(`${name}=${value}`).not.toMatch(/NaN|Infinity|undefined|null|^on/);
            }
          }
        }
        expect(reportHtml(data)).toContain('</html>');
      }),
      { numRuns: 12 },
    );
  });

  it('say names as they are', () => {
    const name = `<b>"R&D"</b> 'quoted' ]]>`;
    const figure = reportFigures(named(name)).find(({ id }) => id === 'accuracy-cost')!;
    expect(parseXml(figure.svg).texts.join('\n')).toContain(name);
  });

  it('have unique names, since they become files', () => {
    const data = sampleReportData({
      runs: [sampleDynamicRun('a', 1), sampleDynamicRun('A', 2)],
      budgets: [],
    });
    const ids = reportFigures(data).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(3 + 2 * 3);
    for (const id of ids) expect(id).toMatch(/^[a-z-]+$/);
  });
});
