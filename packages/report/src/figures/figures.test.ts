import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { svgDocument } from '../page/serialise.js';
import { sampleDynamicRun, sampleReportData, sampleStaticRun } from '../fixtures/sample-report-data.js';
import { type ParsedXml, parseXml } from '../fixtures/parse-xml.js';
import { accuracyCost } from './accuracy-cost.js';
import { binnedMeans } from './binned-means.js';
import { costBars, costHistogram } from './cost-histogram.js';
import { easyHardImages } from './easy-hard-images.js';
import { groupRates } from './group-rates.js';
import { ratesByCategory } from './rates-by-category.js';
import { ratesByGroup } from './rates-by-group.js';
import { subBlockColumns } from './sub-block-columns.js';
import { trainingCurves } from './training-curves.js';
import type { Figure } from '../figure.js';

const { runs, budgets } = sampleReportData();
const dynamic = sampleDynamicRun('dynamic-s1', 1);
const evaluation = dynamic.evaluation!;

function drawn({ tree }: Figure): ParsedXml {
  return parseXml(svgDocument(tree));
}

/** Counts markers: the filled paths that are translated to their position. */
function markers({ elements }: ParsedXml): number {
  return elements.filter(({ name, attributes }) => name === 'path' && attributes['transform']).length;
}

describe('trainingCurves', () => {
  it('has a marker for every epoch of every run, a legend entry and a table row', () => {
    const figure = trainingCurves(runs);
    // 3 runs: 10 epochs of training error and 10 of test error, and the legend
    expect(markers(drawn(figure))).toBe(3 * (10 + 10 + 1));
    expect(figure.table.rows).toHaveLength(30);
    for (const { name } of runs) expect(drawn(figure).texts.join('\n')).toContain(name);
  });

  it('omits quantities that no run has, such as gates of static runs', () => {
    const texts = (figure: Figure): string => drawn(figure).texts.join('\n');
    expect(texts(trainingCurves(runs))).toContain('Gates open');
    expect(texts(trainingCurves([sampleStaticRun()]))).not.toContain('Gates open');
  });

  it('can be drawn before the first logged step, and after one', () => {
    const training = { stepsPerEpoch: 20, steps: [], epochs: [] };
    expect(trainingCurves([sampleStaticRun({ training })]).caption).toContain('No run has logged a step');
    const steps = sampleStaticRun().training.steps.slice(0, 1);
    const one = trainingCurves([sampleStaticRun({ training: { ...training, steps } })]);
    expect(markers(drawn(one))).toBe(4); // loss, learning rate, cost and the legend
  });
});

describe('binnedMeans', () => {
  it('keeps the overall mean, with at most the allowed number of points', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (values) => {
          const bins = binnedMeans(
            values.map((y, x) => [x, y]),
            100,
          );
          expect(bins.length).toBeLessThanOrEqual(100);
          const size = Math.ceil(values.length / 100);
          const sum = bins.reduce(
            (all, [, y], bin) => all + y * Math.min(size, values.length - bin * size),
            0,
          );
          expect(sum).toBeCloseTo(
            values.reduce((all, y) => all + y, 0),
            6,
          );
        },
      ),
    );
  });
});

describe('accuracyCost', () => {
  it('has a marker and a row for every run and every budget', () => {
    const figure = accuracyCost(runs, budgets);
    expect(markers(drawn(figure))).toBe(3 + 3);
    expect(figure.table.rows).toHaveLength(6);
    expect(figure.table.rows[1]).toEqual(['dynamic-s1', 'cifar100', expect.any(String), expect.any(String), '61.75', 'after epoch 10, for this report']); // prettier-ignore
    // not evaluated here, so taken from its log: 100 − the error after the last epoch
    const logged = runs[2]!.training.epochs.at(-1)!.test!;
    expect(figure.table.rows[2]!.slice(3)).toEqual([
      (100 * logged.macsRatio).toFixed(1),
      (100 - logged.topOneErrorPercent).toFixed(2),
      "after epoch 10, by the run's log",
    ]);
  });

  it('has a hollow marker and a row for every control', () => {
    const control = { topOneErrorPercent: 40, macsRatio: 0.5, difference: -1, interval: [-2, 0.5] as const };
    const [first, second, third] = runs;
    const compared = { ...second!, evaluation: { ...second!.evaluation!, control } };
    const [curve] = budgets;
    const points = curve!.points.map((point) => ({ ...point, control }));
    const figure = accuracyCost([first!, compared, third!], [{ ...curve!, points }]);
    expect(markers(drawn(figure))).toBe(3 + 3 + 4);
    expect(figure.table.rows).toHaveLength(10);
    expect(figure.table.rows.at(-1)).toEqual(['dynamic-s1, best fixed pattern', 'cifar100', expect.any(String), '50.0', '60.00', 'control of the gates of budget 0.7']); // prettier-ignore
    expect(figure.caption).toContain('hollow marker');
  });

  it('puts cheaper runs further left and more accurate ones higher', () => {
    const { elements } = drawn(accuracyCost(runs));
    const places = elements
      .flatMap(({ attributes }) => (/^translate\((\S+) (\S+)\)$/.exec(attributes['transform'] ?? '') ? [attributes['transform']!] : []))
      .map((text) => /\((\S+) (\S+)\)/.exec(text)!.slice(1).map(Number)); // prettier-ignore
    const [a, b] = places as [number[], number[]];
    expect(b[0]!).toBeLessThan(a[0]!); // 54 % of the MACs, 100 %
    expect(b[1]!).toBeGreaterThan(a[1]!); // 61.75 % right, 64.6 %
  });

  it('plots networks with different backbones at their absolute cost, not all at 100 %', () => {
    const whole = sampleStaticRun();
    const narrow = sampleStaticRun({ name: 'narrow', undividedMacs: 0.6 * whole.undividedMacs });
    const figure = accuracyCost([whole, narrow]);
    const [a, b] = drawn(figure).elements.flatMap(({ attributes }) => {
      const [, x] = /^translate\((\S+) /.exec(attributes['transform'] ?? '') ?? [];
      return x === undefined ? [] : [Number(x)];
    });
    expect(b!).toBeLessThan(a! - 100);
    expect(drawn(figure).texts.join()).toContain('Mean multiply–accumulates per image, M');
    expect(drawn(accuracyCost([whole])).texts.join()).toContain('% of the undivided network’s');
    expect(figure.table.rows.map((row) => row[3])).toEqual(['100.0', '100.0']);
  });

  it('names runs in a legend if their names do not fit next to their markers', () => {
    const crowd = Array.from({ length: 12 }, (_, i) =>
      sampleStaticRun({ name: `a long name of a run, ${i}` }),
    );
    const [few, many] = [runs, crowd].map((all) => drawn(accuracyCost(all)));
    expect(markers(few!)).toBe(3);
    expect(markers(many!)).toBe(12 + 12);
    const places = many!.elements.filter(({ name, attributes }) => name === 'text' && attributes['x']);
    const height = Number(many!.elements[0]!.attributes['height']);
    for (const { attributes } of places) expect(Number(attributes['y'])).toBeLessThan(height);
    for (const { name } of crowd) expect(many!.texts.join('\n')).toContain(name);
  });

  it('has no accuracy below 0 or above 100 % on its axis', () => {
    const point = (error: number): (typeof budgets)[0]['points'][0] => ({ label: '', macsRatio: 0.5, topOneErrorPercent: error }); // prettier-ignore
    const figure = accuracyCost(runs.slice(1), [{ run: 'dynamic-s1', points: [point(99.9), point(0.1)] }]); // at 54 to 60 % of the MACs
    const ticks = drawn(figure).texts.filter((text) => /^[−-]?\d+$/.test(text));
    expect(ticks).toContain('100');
    expect(ticks.filter((text) => /^[−-]/.test(text) || Number(text) > 100)).toEqual([]);
  });

  it('does not compare runs of different data', () => {
    const other = sampleStaticRun({ name: 'other', data: 'built-in' });
    const texts = drawn(accuracyCost([...runs, other])).texts;
    expect(texts).toContain('Data: cifar100');
    expect(texts).toContain('Data: built-in');
  });
});

describe('costHistogram', () => {
  it('counts every image in one bar', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 20, max: 110, noNaN: true }), { minLength: 1 }), (values) => {
        const bars = costBars(values, [Math.min(...values) - 1, Math.max(...values)]);
        expect(bars.reduce((sum, bar) => sum + bar.length, 0)).toBe(values.length);
        for (const bar of bars) for (const value of bar) expect(value).toBeGreaterThanOrEqual(bar.x0!);
      }),
    );
    const counts = costHistogram([dynamic]).table.rows.map((row) => Number(row[3]));
    expect(counts.reduce((a, b) => a + b, 0)).toBe(evaluation.images);
  });

  it('can be drawn where all images cost the same', () => {
    const same = { ...evaluation, perImageMacs: evaluation.perImageMacs.map(() => 20_280_000), macsRatio: 0.5, meanMacs: 20_280_000 }; // prettier-ignore
    const figure = costHistogram([{ ...dynamic, evaluation: same }]);
    expect(figure.table.rows).toHaveLength(1);
    expect(figure.table.rows[0]![3]).toBe('200');
    expect(drawn(figure).texts.join(' ')).toContain('mean 50.0 %');
  });

  it('has heights in proportion to the counts', () => {
    const figure = costHistogram([dynamic]);
    const heights = drawn(figure)
      .elements.filter(({ name, attributes }) => name === 'rect' && attributes['fill'] === '#0072b2')
      .map(({ attributes }) => Number(attributes['height']))
      .filter((height) => height > 0);
    const counts = figure.table.rows.map((row) => Number(row[3]));
    expect(heights).toHaveLength(counts.length);
    for (const [i, height] of heights.entries())
      expect(height / heights[0]!).toBeCloseTo(counts[i]! / counts[0]!, 1);
  });
});

describe('easyHardImages', () => {
  it('shows every image with its cost, and wrong predictions', () => {
    const figure = easyHardImages(dynamic, 1);
    const { elements, texts } = drawn(figure);
    const images = elements.filter(({ name }) => name === 'image');
    const samples = evaluation.samples.flatMap(({ easiest, hardest }) => [...easiest, ...hardest]);
    expect(images.map(({ attributes }) => attributes['href'])).toEqual(samples.map(({ png }) => png));
    expect(texts.filter((text) => text.startsWith('× '))).toHaveLength(
      samples.filter(({ isCorrect }) => !isCorrect).length,
    );
    for (const { macs } of samples) expect(texts).toContain(`${((100 * macs) / 40_560_000).toFixed(1)} %`);
    expect(figure.table.rows).toHaveLength(samples.length);
  });
});

describe('execution rates', () => {
  it('are drawn for every sub-block and group, and written for every category', () => {
    const byGroup = ratesByGroup(dynamic, 1);
    expect(markers(drawn(byGroup))).toBe(3 * 4 + 3); // 3 groups, 4 sub-blocks; 3 legend entries
    const byCategory = ratesByCategory(dynamic, 1);
    expect(byCategory.table.rows.map(([name]) => name)).toEqual(
      expect.arrayContaining(['all images', 'animals', 'natural objects', 'artifacts', 'fish', 'flowers', 'people', 'trees', 'vehicles']),
    ); // prettier-ignore
    const cells = drawn(byCategory).elements.filter(({ attributes }) => attributes['height'] === '16.25');
    expect(cells).toHaveLength(9 * 4);
  });

  it('of a group are means over its images', () => {
    const [first, second] = evaluation.categories as [(typeof evaluation.categories)[0], (typeof evaluation.categories)[0]]; // prettier-ignore
    const [group] = groupRates([
      { ...first, group: 'g', images: 30 },
      { ...second, group: 'g', images: 10 },
    ]);
    expect(group!.images).toBe(40);
    expect(group!.meanMacs).toBeCloseTo(0.75 * first.meanMacs + 0.25 * second.meanMacs, 3);
    expect(group!.executionRates[1]![0]).toBeCloseTo(
      0.75 * first.executionRates[1]![0]! + 0.25 * second.executionRates[1]![0]!,
      12,
    );
  });

  it('fit into the figure for any number of sub-blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 40 }), (counts) => {
        const blocks = counts.map((subBlocks, l) => ({ path: `stage0.block${l}`, subBlocks }));
        const columns = subBlockColumns(blocks, 100, 600, 34);
        expect(columns).toHaveLength(counts.reduce((a, b) => a + b, 0));
        const last = columns.at(-1)!;
        expect(last.left + last.width).toBeLessThanOrEqual(700 + 1e-6);
        for (const [i, { left, width }] of columns.entries())
          expect(columns[i + 1]?.left ?? Infinity).toBeGreaterThanOrEqual(left + width - 1e-9);
      }),
    );
  });
});
