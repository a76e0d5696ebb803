import { createArchitecture } from '@dmnn/backbones';
import { type NetworkCount, countNetwork, paperConventions } from '@dmnn/flops';
import { expect, it } from 'vitest';
import { countRow } from './count-row.js';
import { differenceReason } from './difference-reason.js';
import { paperRow } from '../rows/paper-row.js';

// The reasons hold figures in words; each is counted here.

const count = (name: string): NetworkCount => countNetwork(createArchitecture(name));
const reasonOf = (id: string): string => differenceReason(paperRow(id), countRow(id));

it.each([
  ['resnet50', 'table1/03-resnet50', '3.958'],
  ['resnet101', 'table1/17-resnet101', '7.671'],
])('explains the 0.13 G that the paper’s %s lacks', (name, id, without) => {
  const { macs, layers } = count(name);
  const omitted = layers.filter(({ path }) => ['stem.unit0', 'stage0.block0.subblock0.unit0'].includes(path));
  const rest = omitted.reduce((sum, layer) => sum - layer.macs, macs);
  expect((rest / 1e9).toFixed(3)).toBe(without);
  expect(reasonOf(id)).toContain(`ours is ${without} G`);
});

it.each([
  ['resnext50-2x40d', 'table1/05-resnext50-2x40d', '4.16'],
  ['resnext50-4x24d', 'table1/06-resnext50-4x24d', '4.20'],
  ['resnext101-2x40d', 'table1/18-resnext101-2x40d', '7.9'],
])('explains the MACs printed of %s', (name, id, printed) => {
  const withBatchNorm = countNetwork(createArchitecture(name), {
    conventions: { ...paperConventions, batchNorm: true }, // one MAC for each value that batch norm writes
  });
  const three = withBatchNorm.macs + 2 * (withBatchNorm.macs - count(name).macs);
  expect((three / 1e9).toFixed(printed.split('.')[1]?.length)).toBe(printed);
  expect(reasonOf(id)).toContain('Counting three operations for every value that batch norm writes');
});

it.each([
  ['mobilenetv2', 'table2/01-mobilenetv2-authors', 3.47],
  ['mobilenetv2-1.4', 'table2/07-mobilenetv2-1.4-authors', 6.06],
])('explains the parameters printed of %s', (name, id, printed) => {
  const { parameters, layers } = count(name);
  // every convolution has a batch norm of as many scales and shifts as it has outputs
  const batchNorm = layers
    .filter(({ operation }) => operation.includes('convolution'))
    .reduce((sum, { outShape }) => sum + 2 * (outShape[2] ?? 0), 0);
  const without = (parameters - batchNorm) / 1e6;
  expect(Number(without.toFixed(2))).toBe(printed);
  expect(reasonOf(id)).toContain(`${without.toFixed(3)} M without them`);
});

it('says of DMNN-50 what its parameters would be with a matrix for each block', () => {
  const { parameters } = countNetwork(
    createArchitecture('dmnn50-n2', {
      controller: { kind: 'state', hiddenUnits: 32, previousState: 'per-block', hiddenBias: false },
    }),
  );
  expect((parameters / 1e6).toFixed(3)).toBe('24.668');
  expect(reasonOf('table1/10-dmnn50-n2-t0.5')).toContain('24.668 M');
});

it('says which roundings of MobileNetV2 at 1.4 were tried', () => {
  const reason = reasonOf('table2/08-mobilenetv2-1.4');
  expect(reason).toContain(`down ${(count('mobilenetv2-1.4-floor').parameters / 1e6).toFixed(3)}`);
  expect(reason).toContain(
    `multiples of 8 (as here) ${(count('mobilenetv2-1.4').parameters / 1e6).toFixed(3)}`,
  );
});

it('says why a pruned network has no counts of ours', () => {
  expect(reasonOf('table1/04-taylor-pruned-resnet50')).toContain('by prune()');
});

it.each([
  ['convnet-aig50-all', 'table1/07-convnet-aig50-t0.7', '25.768'],
  ['convnet-aig101-all', 'table1/19-convnet-aig101-t0.5', '45.040'],
])(
  'says what the parameters of %s are with all the gates of its authors’ code',
  (name, id, millionsOfTheirs) => {
    const { parameters } = count(name);
    expect((parameters / 1e6).toFixed(3)).toBe(millionsOfTheirs);
    expect(reasonOf(id)).toContain(`${millionsOfTheirs} M`);
  },
);

it('says which printed counts agree, and by how much ours are above the others', () => {
  expect(reasonOf('table2/02-mobilenetv2')).toBe('Parameters and MACs agree as printed.');
  // 25.293 M against 25.3, and 4.160 G against 4.20
  expect(reasonOf('table1/06-resnext50-4x24d')).toMatch(
    /^Parameters agree as printed; MACs differ by −0\.040 G\./,
  );
  // 2.636 M against 2.7, and 0.209 G against 0.23
  expect(reasonOf('table2/03-slimmable-mobilenetv2-0.75')).toMatch(
    /^Parameters differ by −0\.064 M, MACs by −0\.021 G\./,
  );
});

it('says what ratios divide by, here and in the paper', () => {
  expect(reasonOf('table1/20-dmnn101-n2-t0.3')).toContain('Ratios are of 7.801 G here, of 7.67 G there.');
  expect(reasonOf('table2/10-dmnn-mobilenetv2-1.4-n2-t0.8')).toContain(
    'Ratios are of 0.562 G here, of 0.57 G there.',
  );
  expect(reasonOf('table1/03-resnet50')).not.toContain('Ratios');
});
