import { placedBlocks, withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { anyPaddedTiny, arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { thresholdedGates } from '@dmnn/weights';
import { exportCascade } from '../export-cascade.js';
import { exportOnnx } from '../export-onnx.js';
import type { ExportOptions } from '../export/export-options.js';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { type BlockedForm, blockedForm } from './blocked-form.js';
import { cpuLanes } from './cpu-lanes.js';
import { DynamicSession } from './node-session.js';
import { readDescription } from './read-description.js';
import { withThresholds } from '../with-thresholds.js';

const small = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 });
const network = { architecture: small, weights: arbitraryWeights(small, 1) };

/** The form of a file, however narrow its sub-blocks are. */
const form = (file: Uint8Array, lanes: 8 | 16 = 16): BlockedForm =>
  blockedForm(file, readDescription(file), lanes, Infinity);

/** Why a file stays as it is; its size if it does not. */
function reason(file: Uint8Array): string {
  const result = form(file);
  return 'because' in result ? result.because : `${result.file.length} bytes`;
}

/** A file with one text in place of another of the same length, at its first or last place. */
function changed(file: Uint8Array, from: string, to: string, place: 'first' | 'last' = 'first'): Uint8Array {
  expect(from).toHaveLength(to.length);
  const bytes = Buffer.from(file);
  const at = place === 'first' ? bytes.indexOf(from) : bytes.lastIndexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at, 'latin1');
  return bytes;
}

describe('blockedForm', () => {
  it('gives the bytes that exportOnnx writes with cpuLanes, for all kinds of blocks and controllers', () => {
    const forms = { same: 0, refused: 0 };
    const options = fc.record<ExportOptions>({
      layout: fc.constantFrom('sub-blocks', 'pairs', 'patterns'),
      padChannelsTo: fc.constantFrom(undefined, 1, 3, 8, 16),
    });
    fc.assert(
      fc.property(
        anyPaddedTiny,
        fc.nat(1e6),
        options,
        fc.constantFrom<8 | 16>(8, 16),
        (architecture, seed, written, lanes) => {
          const own = { architecture, weights: arbitraryWeights(architecture, seed) };
          const result = form(exportOnnx(own, written), lanes);
          if ('because' in result) {
            // sub-blocks that always run lie in the file as one, whose summed bias cannot be taken apart
            const merged = placedBlocks(architecture).some(
              ({ block }) => block.subBlocks.length > 1 && !block.controller,
            );
            const known = 'no gates|grouped convolutions|ungrouped convolution first';
            expect(result.because).toMatch(new RegExp(merged ? `${known}|it has no stage` : known));
            forms.refused += 1;
            return;
          }
          const expected = exportOnnx(own, { layout: written.layout, cpuLanes: lanes });
          expect(Buffer.compare(result.file, expected)).toBe(0);
          forms.same += 1;
        },
      ),
      { numRuns: 150 },
    );
    expect(forms.same).toBeGreaterThan(40);
  });

  it('keeps the image size, names and preparation', () => {
    const options = {
      imageSizePx: 24,
      classNames: Array.from({ length: 10 }, (_, i) => `n${i} 鯉`),
      preparation: { shorterSidePx: 36, channelMeans: [0.5, 0.4, 0.3], channelDeviations: [0.2, 0.3, 1e-3] },
    };
    const result = form(exportOnnx(network, options), 8) as { file: Uint8Array };
    expect(Buffer.compare(result.file, exportOnnx(network, { ...options, cpuLanes: 8 }))).toBe(0);
  });

  it('leaves files as they are to which it does not apply, and says why', () => {
    const frozenGates = [1, 2, 3].map(() => [true, false]);
    const backbone = createArchitecture('cifar-resnet8');
    const static_ = exportOnnx({ architecture: backbone, weights: arbitraryWeights(backbone, 1) });
    const grouped = createArchitecture('dmnn-cifar-resnext29-4x24d-0.25-n2', { imageSizePx: 8 });
    const narrow = exportOnnx({ architecture: grouped, weights: arbitraryWeights(grouped, 1) });
    expect(reason(static_)).toMatch(/no gates/);
    expect(reason(exportOnnx(network, { frozenGates }))).toBe(reason(static_));
    expect(reason(exportOnnx(network, { cpuLanes: 16 }))).toBe('it is in the blocked form already');
    expect(reason(narrow)).toMatch(/^it cannot be written for 16 lanes: .*grouped convolutions/s);
  });

  it('gives the bytes that exportCascade writes with cpuLanes, also with other thresholds', () => {
    const parts = [
      withExits(small, { exits: [0] }),
      createArchitecture('cifar-resnet8', { classes: 10 }),
    ].map((architecture, seed) => ({
      architecture,
      weights: arbitraryWeights(architecture, seed),
      channelMeans: [0.1 * seed, 0.2, 0.3],
      channelDeviations: [0.2, 0.3, 0.4],
    }));
    const settings = {
      by: 'margin',
      combine: 'mean',
      temperatures: [1, 1.5, 3],
      thresholds: [0.3, 0.7],
    } as const;
    for (const [networks, own] of [
      [parts, settings],
      [parts.slice(0, 1), { ...settings, temperatures: [2, 1], thresholds: [0.1] }],
    ] as const) {
      const file = exportCascade(networks, own, { layout: 'patterns', padChannelsTo: 8 });
      const expected = exportCascade(networks, own, { layout: 'patterns', cpuLanes: 16 });
      const same = (written: Uint8Array, other: Uint8Array) => {
        const result = form(written);
        expect('file' in result && Buffer.compare(result.file, other)).toBe(0);
      };
      same(file, expected);
      const thresholds = own.thresholds.map((each) => each / 2);
      same(withThresholds(file, thresholds), withThresholds(expected, thresholds));
      expect(reason(changed(file, '{"parts":[{', '["parts":[{'))).toMatch(/architecture cannot be read/);
      expect(reason(changed(file, 'Relu', 'Tanh', 'last'))).toMatch(/not as exportOnnx/);
    }
    const [gated, other] = parts as [(typeof parts)[0], (typeof parts)[1]];
    const own = { by: 'margin', combine: 'mean' } as const;
    // a checkpoint at two settings, whose numbers are stored once, around another network
    const settled = { ...gated, name: 'open', weights: thresholdedGates(gated, 0).weights };
    for (const networks of [
      [gated, settled],
      [gated, other, settled],
    ]) {
      const places = networks.length + networks.filter((each) => each !== other).length;
      const all = {
        ...own,
        temperatures: Array.from({ length: places }, () => 1),
        thresholds: Array.from({ length: places - 1 }, () => 0.5),
      };
      const result = form(exportCascade(networks, all));
      const expected = exportCascade(networks, all, { cpuLanes: 16 });
      expect('file' in result && Buffer.compare(result.file, expected)).toBe(0);
    }
    const one = parts.slice(1);
    const still = exportCascade([...one, ...one], { ...settings, temperatures: [1, 1], thresholds: [1] });
    expect(reason(still)).toMatch(/no gates/);
  });

  it('leaves narrow sub-blocks as they are, which whole lanes would make slower', () => {
    const narrow = (lanes: 8 | 16) => blockedForm(file, readDescription(file), lanes);
    expect(narrow(8)).toHaveProperty('file');
    expect(narrow(16)).toEqual({
      because: expect.stringMatching(/narrower than 16 lanes: it would compute 1\.\d\d times/) as string,
    });
  });

  const file = exportOnnx(network);
  const merged = Buffer.from(file).lastIndexOf('merged.unit0.weight');
  it.each<[string, Uint8Array, RegExp]>([
    ['without its architecture', changed(file, 'dmnn.origin', 'dmnn.0rigin'), /before files stored/],
    [
      'with a damaged architecture',
      changed(file, '{"architecture":', '["architecture":'),
      /architecture cannot be read/,
    ],
    ['with another architecture', changed(file, '"stride":2', '"stride":1'), /not as exportOnnx|cannot be/],
    ['with an unknown layout', changed(file, '"layout":"pairs"', '"layout":"trees"'), /layout: expected/],
    ['whose graph was changed', changed(file, 'Relu', 'Tanh', 'last'), /not as exportOnnx/],
    [
      'that names a constant otherwise',
      changed(file, 'stem.unit0.bias', 'stem.unit0.bios', 'last'),
      /it has no stem\.unit0\.bias/,
    ],
    [
      'in which one of two copies of a weight was changed',
      Uint8Array.from(file, (byte, i) => (i === merged + 100 ? byte ^ 1 : byte)),
      /not as exportOnnx/,
    ],
  ])('leaves a file %s as it is', (_, bytes, why) => {
    expect(reason(bytes)).toMatch(why);
  });
});

const lanes = await cpuLanes(ort);
if (!lanes)
  process.stderr.write('not run: files that are brought into the blocked layout (not on this CPU)\n');

describe.runIf(lanes)('a file that is brought into the blocked layout', () => {
  it.each([
    ['dmnn-cifar-resnet8-2-n2', 32],
    ['dmnn-cifar-resnet8-4-n4', 32],
    ['dmnn-cifar-mobilenetv2-n2', 32],
    ['dmnn-mobilenetv2-1.4-n2', 32],
    ['convnet-aig-cifar-resnet20', 32],
  ])('%s is the same function', async (name, imageSizePx) => {
    const architecture = createArchitecture(name, { classes: 10, imageSizePx });
    const file = exportOnnx({ architecture, weights: arbitraryWeights(architecture, 3) });
    const written = await DynamicSession.create(file, { form: 'as-written', threads: 1 });
    const fast = await DynamicSession.create(file, { threads: 1 });
    expect(fast.form).toEqual({ cpuLanes: lanes });
    expect(fast.description).toEqual(written.description);
    for (let i = 0; i < 4; i++) {
      const image = arbitraryImage(imageSizePx ** 2 * 3, i);
      const [expected, ours] = [await written.run(image), await fast.run(image)];
      expect([ours.gates, ours.macs]).toEqual([expected.gates, expected.macs]);
      expect(relativeDifference(ours.logits, expected.logits)).toBeLessThan(1e-4);
    }
    await Promise.all([written.close(), fast.close()]);
  });
});
