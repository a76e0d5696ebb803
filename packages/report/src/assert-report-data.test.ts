import { describe, expect, it } from 'vitest';
import { assertReportData } from './assert-report-data.js';
import type { ReportData, ReportRun, RunEvaluation } from './report-data.js';
import { sampleDynamicRun, sampleReportData, sampleStaticRun } from './fixtures/sample-report-data.js';

const run = sampleDynamicRun('dynamic-s1', 1);

function withRun(changes: Partial<ReportRun>): ReportData {
  return sampleReportData({ runs: [{ ...run, ...changes }] });
}

function withEvaluation(changes: Partial<RunEvaluation>): ReportData {
  return withRun({ evaluation: { ...run.evaluation!, ...changes } });
}

function withPicture(png: string): ReportData {
  const [sample] = run.evaluation!.samples;
  const hardest = [{ ...sample!.hardest[0]!, png }];
  return withEvaluation({ samples: [{ ...sample!, hardest }] });
}

describe('assertReportData', () => {
  it('accepts valid data', () => {
    expect(() => {
      assertReportData(sampleReportData());
    }).not.toThrow();
  });

  it.each<[string, ReportData, string, RegExp]>([
    [
      'NaN',
      withEvaluation({ meanMacs: Number.NaN }),
      'runs[0].evaluation.meanMacs',
      /finite number, got NaN/,
    ],
    [
      'a name twice',
      sampleReportData({ runs: [run, sampleStaticRun({ name: run.name })] }),
      'runs[1].name',
      /got 'dynamic-s1' again/,
    ],
    ['no backbone', withRun({ undividedMacs: 0 }), 'runs[0].undividedMacs', /> 0, got 0/],
    [
      'no steps',
      withRun({ training: { ...run.training, stepsPerEpoch: 0 } }),
      'runs[0].training.stepsPerEpoch',
      /> 0/,
    ],
    [
      'an image without cost',
      withEvaluation({ images: 201 }),
      'runs[0].evaluation.perImageMacs',
      /201 images .* got 200/,
    ],
    [
      'rates of other blocks',
      withEvaluation({ executionRates: [[1, 1]] }),
      'runs[0].evaluation.executionRates',
      /\[2, 2\], got \[2\]/,
    ],
    [
      'a rate above 1',
      withEvaluation({
        executionRates: [
          [1, 1],
          [0, 1.5],
        ],
      }),
      'runs[0].evaluation.executionRates',
      /\[0, 1\], got 1.5/,
    ],
    [
      'a linked picture',
      withPicture('https://example.org/cat.png'),
      'runs[0].evaluation.samples[0].hardest[0].png',
      /got 'https:/,
    ],
    ['a budget of no run', sampleReportData({ runs: [] }), 'budgets[0].run', /got 'dynamic-s1'/],
  ])('refuses %s', (_, data, path, message) => {
    try {
      assertReportData(data);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'DMNN_REPORT_DATA', details: { path } });
      expect((error as Error).message).toMatch(message);
    }
  });
});
