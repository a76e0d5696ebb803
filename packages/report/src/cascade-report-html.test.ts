import { describe, expect, it } from 'vitest';
import {
  type CascadeReportData,
  type StageReport,
  cascadeReportFigures,
  cascadeReportHtml,
} from './index.js';
import { parseXml } from './fixtures/parse-xml.js';

const stage = (name: string, threshold: number | null, own: Partial<StageReport> = {}): StageReport => ({
  ...{
    name,
    threshold,
    share: 0.8,
    topOneErrorPercent: 4,
    aloneErrorPercent: 8.27,
    aloneMacs: 40e6,
    macs: 40e6,
  },
  ...{ temperature: 1.5, calibrationError: { before: 0.05, after: 0.01 } },
  bins: [
    { from: 0.8, to: 0.9, images: 20, confidence: 0.86, accuracy: 0.8 },
    { from: 0.9, to: 1, images: 80, confidence: 0.97, accuracy: 0.98 },
    { from: 0, to: 0.1, images: 0, confidence: 0, accuracy: 0 },
  ],
  ...own,
});
const data: CascadeReportData = {
  ...{ format: 1, kind: 'cascade', title: 'small <then> large', conventions: 'as in the paper' },
  ...{
    data: 'cifar10',
    images: 100,
    by: 'the largest probability',
    combine: 'the mean',
    undividedMacs: 125e6,
  },
  stages: [
    stage('small', 0.9),
    stage('exit 0 of large', 0.8, { share: 0, topOneErrorPercent: null, macs: 100e6 }),
    stage('large', null, { share: 0.2, macs: 166e6 }),
  ],
  result: {
    ...{ topOneErrorPercent: 6.26, halfWidthPercent: 0.48, meanMacs: 55.8e6 },
    control: { topOneErrorPercent: 7.97, difference: -1.71, interval: [-2.02, -1.4] },
  },
  curve: [
    { meanMacs: 40e6, topOneErrorPercent: 8.27, controlErrorPercent: 8.27 },
    { meanMacs: 60e6, topOneErrorPercent: 6.1, controlErrorPercent: 7.9 },
  ],
  curveChosen: 'Chosen by halves.',
  remarks: ['A remark & more.'],
};

describe('cascadeReportHtml', () => {
  it('has the table of stages, both figures and what the control reaches', () => {
    const page = cascadeReportHtml(data);
    expect(page).toContain('<title>small &#x3C;then> large</title>');
    const rows = page.match(/<th scope="row">[^<]*<\/th>(?:<td[^>]*>[^<]*<\/td>)*/g)?.slice(0, 3);
    expect(rows?.map((row) => row.replace(/<[^>]*>/g, '|').replace(/\|+/g, '|'))).toEqual([
      '|1 small|80.0|4.00|40.00\u00a0M|32.0|0.9000|1.50|5.0 → 1.0|8.27|',
      '|2 exit 0 of large|0.0|–|100.0\u00a0M|80.0|0.8000|1.50|5.0 → 1.0|8.27|',
      '|3 large|20.0|4.00|166.0\u00a0M|132.8|always|1.50|5.0 → 1.0|8.27|',
    ]);
    expect(page).toContain('difference −1.71 points (95 % interval over images −2.02 to −1.40)');
    expect(page).toContain('It is better than as many images chosen at random');
    expect(page).toContain('A remark &#x26; more.');
    expect(page).toBe(cascadeReportHtml(data));
    expect(page).not.toMatch(/<script|https?:(?!\/\/www\.w3\.org)/);
    const none = { ...data.result.control, interval: [-1, 0.1] as const };
    const other = cascadeReportHtml({ ...data, result: { ...data.result, control: none } });
    expect(other).toContain('It is no better than static networks');
  });

  it('draws every point, with its numbers in a table', () => {
    const [cost, reliability] = cascadeReportFigures(data);
    for (const figure of [cost, reliability]) parseXml(figure?.svg ?? '');
    // two curves of two points, the cascade, the control, three stages, and five series in the legend
    expect(cost?.svg.match(/transform="translate/g)).toHaveLength(4 + 2 + 3 + 5);
    expect(cost?.svg).toContain('large alone: 8.27 % at 40.00\u00a0M MACs');
    expect(cost?.svg).toContain('as many images at random: 7.97 % at 55.80\u00a0M MACs, 44.6 %');
    expect(reliability?.svg.match(/<circle/g)).toHaveLength(6); // not of empty bins
    expect(cascadeReportFigures({ ...data, curve: [] })[0]?.svg.match(/transform="translate/g)).toHaveLength(
      2 + 3 + 3,
    );
  });

  it.each([
    [{ stages: data.stages.slice(0, 1) }, 'stages: expected at least two, got 1'],
    [{ undividedMacs: 0 }, 'undividedMacs: expected a number > 0, got 0'],
    [{ result: { ...data.result, meanMacs: NaN } }, 'result.meanMacs: expected a finite number, got NaN'],
  ])('refuses %j', (wrong, message) => {
    expect(() => cascadeReportHtml({ ...data, ...wrong })).toThrow(
      expect.objectContaining({
        code: 'DMNN_REPORT_DATA',
        message: expect.stringContaining(message) as string,
      }),
    );
    expect(() => cascadeReportFigures({ ...data, ...wrong })).toThrow(message);
  });
});
