import { describe, expect, it } from 'vitest';
import { type TableRow, compareTables } from './compare-tables.js';

const rows = new Map(compareTables().map((row) => [row.id, row]));

function rowOf(id: string): TableRow {
  const row = rows.get(id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
}

const millions = (id: string, digits: number) => ((rowOf(id).ours.parameters ?? NaN) / 1e6).toFixed(digits);
const giga = (id: string, digits: number) => ((rowOf(id).ours.macs ?? NaN) / 1e9).toFixed(digits);

describe('compareTables', () => {
  it('has a reason for all 42 rows, each with its own id', () => {
    expect(rows.size).toBe(42);
    for (const { id, table, row, reason } of rows.values()) {
      expect(id.startsWith(`table${table}/${String(row).padStart(2, '0')}-`)).toBe(true);
      expect(reason).toMatch(/^[A-Z].*\.$/s);
    }
  });

  it('shows no error that no run measured', () => {
    for (const { ours } of rows.values()) expect(ours.top1ErrorPercent).toBeNull();
    const measured = compareTables({ table: 1, measuredErrors: new Map([['table1/03-resnet50', 24.1]]) });
    expect(measured.filter(({ ours }) => ours.top1ErrorPercent !== null).map(({ id }) => id)).toEqual([
      'table1/03-resnet50',
    ]);
  });

  it('counts a pruned network, whose channels training finds, as nothing', () => {
    expect(rowOf('table1/04-taylor-pruned-resnet50')).toMatchObject({
      ours: { parameters: null, macs: null, ratioPercent: null },
      reason: expect.stringContaining('by prune()') as string,
    });
  });

  // figures that other counters agree on: PyTorch, timm and the counts in the systems' own papers
  it.each([
    ['table1/01-resnet50-stride1x1', '25.557', '3.8580'],
    ['table1/03-resnet50', '25.557', '4.0892'],
    ['table1/05-resnext50-2x40d', '25.425', '4.1245'],
    ['table1/06-resnext50-4x24d', '25.293', '4.1598'],
    ['table1/08-slimmable-resnet50-0.75', '14.772', '2.3227'],
    ['table1/17-resnet101', '44.549', '7.8014'],
    ['table1/18-resnext101-2x40d', '44.456', '7.8436'],
    ['table2/02-mobilenetv2', '3.505', '0.3008'],
    ['table2/07-mobilenetv2-1.4-authors', '6.109', '0.5822'],
  ])('counts %s: %s M parameters, %s G', (id, parameters, macs) => {
    expect(millions(id, 3)).toBe(parameters);
    expect(giga(id, 4)).toBe(macs);
  });

  // the paper's print
  it.each([
    ['table1/13-dmnn50-n3-t0.7', '25.81'],
    ['table1/14-dmnn50-n4-t0.7', '25.81'],
    ['table1/20-dmnn101-n2-t0.3', '43.12'],
    ['table2/04-dmnn-mobilenetv2-n2-t0.7', '3.63'],
    ['table2/09-dmnn-mobilenetv2-1.4-n2-t0.7', '6.29'],
  ])('has the printed parameters of %s: %s M', (id, parameters) => {
    expect(millions(id, 2)).toBe(parameters);
    expect(rowOf(id).paper.paramsM).toBe(Number(parameters));
    expect(rowOf(id).reason).toMatch(/^Parameters (and MACs )?agree as printed/);
  });

  it('adds the joint optimum of the two resource losses to a dynamic row', () => {
    // DMNN-50 n2 at t = 0.4: an execution rate of 0.363 and 0.442 of the network's own full MACs
    const { ours, reason } = rowOf('table1/09-dmnn50-n2-t0.4');
    expect(reason).toContain('least at a rate of 0.363, 0.442 of the full 3.895 G');
    expect((ours.macs ?? NaN) / 3.8948e9).toBeCloseTo(0.442, 3);
    // of the undivided backbone's 4.0892 G: 0.442 · 3.8948 / 4.0892
    expect(ours.ratioPercent).toBeCloseTo(42.1, 1);
  });

  it('counts ConvNet-AIG at its published targets, block by block', () => {
    // gated blocks of ResNet-50 at 224 px: three in stage 3, two in stage 1, five in stage 2 …; all are identity blocks
    // but for none, and each bottleneck 4C → C → C → 4C costs 17 C² a pixel
    const block = (channels: number, sizePx: number) => 17 * channels ** 2 * sizePx ** 2;
    const targets = [[block(64, 56), 0.8], [block(128, 28), 2.1], [block(256, 14), 3.5], [block(512, 7), 0.7]] as const; // prettier-ignore
    const saved = [block(64, 56), 3 * block(128, 28), 5 * block(256, 14), block(512, 7)]
      .map((full, i) => full - targets[i]![0] * targets[i]![1])
      .reduce((sum, each) => sum + each, 0);
    const inputs = 256 + 3 * 512 + 5 * 1024 + 2048;
    const controllers = 16 * inputs + 10 * 2 * 16;
    const { ours, reason } = rowOf('table1/07-convnet-aig50-t0.7');
    expect(ours.macs).toBeCloseTo(4089184256 + controllers - saved, 0);
    expect(reason).toContain('a mean rate of 0.710');
  });

  it('lands on the printed mean cost of all wider MobileNetV2s', () => {
    expect([9, 10, 11].map((row) => giga(`table2/${String(row).padStart(2, '0')}-dmnn-mobilenetv2-1.4-n2-t0.${row - 2}`, 2))).toEqual(
      ['0.42', '0.47', '0.52'], // Table 2 rows 9 to 11
    ); // prettier-ignore
  });

  it('leaves out the controllers’ previous state where Table 4 does', () => {
    const without = rowOf('table4/02-dmnn50-n2-t0.7').ours.parameters ?? NaN;
    const withState = rowOf('table4/03-dmnn50-n2-t0.7-prev').ours.parameters ?? NaN;
    expect(withState - without).toBe(32 * 32); // one matrix, shared
  });

  it('divides by the undivided backbone, whose own ratio is 100 %', () => {
    for (const id of [
      'table1/03-resnet50',
      'table1/17-resnet101',
      'table2/02-mobilenetv2',
      'table3/01-cifar-resnet50',
    ]) {
      expect(rowOf(id).ours.ratioPercent).toBe(100);
    }
  });

  it('refuses a table that the paper does not have', () => {
    expect(() => compareTables({ table: 5 })).toThrow(new RangeError('table: expected 1 to 4, got 5'));
  });
});
