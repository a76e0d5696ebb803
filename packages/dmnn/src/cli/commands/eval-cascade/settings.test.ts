import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { painted } from '../../../fixtures/painted.js';
import { run } from '../../../fixtures/run-captured.js';
import { saveSmallModel } from '../../../fixtures/small-model.js';
import { trainSmallRun } from '../../../fixtures/small-run.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-settings-'));
const at = (name: string) => join(root, name);
/** With an `@` in its name, as a path may have. */
const gated = at('run@home');
const slim = at('slim');
const model = at('model');

const slimmable = [
  ...['train', '--recipe', 'demo', '--backend', 'wasm', '--data', 'built-in=16', '--out', slim],
  ...['--set', 'model.name=cifar-resnet8-0.25', '--set', 'batchSize=8', '--set', 'epochs=1'],
  ...['--set', 'slimmable={"widths":[0.5,1]}'],
];

beforeAll(async () => {
  await trainSmallRun(gated);
  const planned = await run([...slimmable, '--dry-run']);
  expect([planned.code, planned.err]).toEqual([0, expect.any(String)]);
  const trained = await run(slimmable);
  expect([trained.code, trained.err]).toEqual([0, expect.any(String)]);
  await saveSmallModel(model);
  await painted(32, 32).png().toFile(at('one.png'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const data = ['--data', 'built-in=480'];
const choosing = ['--choose-on', 'training', '--calibration-images', '120'];

interface Found {
  readonly parts: readonly { readonly name: string; readonly meanMacs: number; readonly setting?: object }[];
  readonly cascades: readonly { readonly leaving: { readonly differences: number } }[];
}

describe('one checkpoint at two settings', () => {
  it.each([
    ['slimmable', `${slim}@width=0.5`, slim, ['cifar-resnet8-0.125', 'cifar-resnet8-0.25']],
    [
      'gated',
      `${gated}@budget=0.6`,
      `${gated}@pattern=all`,
      [/^dmnn-cifar-resnet8-0\.25-n2@threshold=[\d.e-]+$/, 'dmnn-cifar-resnet8-0.25-n2@pattern=all'],
    ],
  ])(
    'is evaluated, saved, and taken by every command: %s',
    async (name, first, then, names) => {
      const both = at(`both-${name}`);
      const { code, out, err } = await run([
        ...['eval', first, '--then', then, ...data, ...choosing, '--backend', 'wasm', '--json'],
        ...['--accuracy-drop', '50', '--execution', 'both', '--save', both],
      ]);
      expect([code, err]).toEqual([0, expect.any(String)]);
      const { parts, cascades } = JSON.parse(out) as Found;
      for (const [index, expected] of names.entries()) expect(parts[index]?.name).toMatch(expected);
      expect(parts[0]!.meanMacs).toBeLessThan(parts[1]!.meanMacs);
      expect(cascades.map(({ leaving }) => leaving.differences)).toEqual([0]);
      expect(parts[0]?.setting).toEqual(
        name === 'gated' ? { threshold: expect.any(Number) as number } : { width: 0.5 },
      );
      if (name === 'gated')
        expect(err).toMatch(
          /at a budget of 60\.0 %: gates open from a probability of [\d.e-]+, which costs \d/,
        );
      const stored = JSON.parse(readFileSync(join(both, 'cascade.json'), 'utf8')) as {
        stages: { path: string; setting?: object }[];
      };
      expect(new Set(stored.stages.map(({ path }) => path)).size).toBe(1);
      expect(stored.stages[0]?.setting).toEqual(parts[0]?.setting);

      const again = await run(['eval', both, ...data, '--backend', 'wasm', '--json']);
      expect((JSON.parse(again.out) as Found).parts.map((part) => part.name)).toEqual(
        parts.map((part) => part.name),
      );
      const predicted = await run(['predict', at('one.png'), '--model', both, '--backend', 'wasm']);
      expect([predicted.code, predicted.out]).toEqual([0, expect.stringContaining('answered by ')]);
      const explained = await run(['explain', at('one.png'), '--model', both, '--backend', 'wasm', '--json']);
      expect(explained.code).toBe(0);
      const { stages } = JSON.parse(explained.out) as { stages: { name: string }[] };
      expect(stages.map((stage) => stage.name)).toEqual(parts.map((part) => part.name));
      const exported = await run(['export', both, '--out', at(`${name}.onnx`)]);
      expect([exported.code, exported.err]).toEqual([0, expect.any(String)]);
      const fromFile = await run(['predict', at('one.png'), '--model', at(`${name}.onnx`), '--json']);
      const fromFolder = await run([
        'predict',
        at('one.png'),
        '--model',
        both,
        '--backend',
        'wasm',
        '--json',
      ]);
      const [file, folder] = [fromFile, fromFolder].map(
        (each) => (JSON.parse(each.out) as { stage: number; macs: number }[])[0],
      );
      expect([file?.stage, file?.macs]).toEqual([folder?.stage, folder?.macs]);
      const reported = await run([
        'report',
        both,
        ...data,
        '--backend',
        'wasm',
        '--out',
        at(`report-${name}`),
      ]);
      expect([reported.code, reported.err]).toEqual([0, expect.any(String)]);
      expect(readFileSync(join(at(`report-${name}`), 'report.html'), 'utf8')).toContain(parts[0]!.name);
      const timed = await run(['bench', both, '--engine', 'tfjs', '--backend', 'wasm', '--json']);
      expect([timed.code, timed.out]).toEqual([0, expect.stringContaining(parts[0]!.name)]);
    },
    240_000,
  );

  it('takes a folder by its name first, and a setting after a slash', async () => {
    const odd = at('slim@width=0.5');
    cpSync(slim, odd, { recursive: true });
    const common = [...data, '--backend', 'wasm', '--json', '--budgets', '1.1'];
    const whole = await run(['eval', odd, '--then', `${odd}/@width=0.5`, ...common]);
    const { parts } = JSON.parse(whole.out) as Found;
    expect(parts.map(({ setting }) => setting)).toEqual([undefined, { width: 0.5 }]);
    rmSync(odd, { recursive: true });
  });

  it.each([
    ['export', [`${gated}@threshold=0`, '--out', at('new.onnx')], 'dmnn eval RUN --budgets'],
    ['bench', [`${gated}@pattern=all`], 'dmnn export RUN --pattern'],
    ['explain', ['none.png', '--model', `${gated}@threshold=0`], 'dmnn eval RUN --budgets'],
    ['predict', ['none.png', '--model', `${slim}@width=0.5`], 'dmnn eval RUN --width'],
    ['report', [`${gated}@budget=0.5`, '--out', at('new')], 'dmnn eval RUN --budgets'],
    ['quantize', [`${gated}@budget=0.5`, ...data], 'dmnn eval RUN --budgets'],
    [
      'train',
      ['--from', `${slim}@width=0.5`, '--recipe', 'cifar-resnet20', ...data, '--out', at('new')],
      'dmnn eval RUN --width',
    ],
  ])('%s says that a setting is of a network in a cascade', async (command, args, remedy) => {
    const { code, err } = await run([command, ...args]);
    expect(code).toBe(2);
    expect(err).toContain('expected a setting only for a network of a cascade');
    expect(err).toContain(remedy);
  });

  it.each([
    [`${slim}@width=0.3`, /--then .*slim@width=0\.3: width: expected one of the run's, 0\.5, 1, got 0\.3/],
    [`${slim}@width=2`, /--then .*slim@width=2, width: expected a number above 0, at most 1, got 2/],
    [`${gated}@width=0.5`, /width: expected none but 1, since dmnn-\S+ is not slimmable, got 0\.5/],
    [`${model}@width=0.5`, /model@width=0\.5: width: expected 1 for .*, which was imported/],
    [
      `${gated}@budget=0.01`,
      /--then .*@budget=0\.01: expected a share of the undivided backbone's MACs from 0\.\d+ \(all gates closed\) to \d\.\d+ \(all open\), got 0\.01\./,
    ],
    [`${gated}@budget=1.5`, /to \d\.\d+ \(all open\), got 1\.5\. All open: @pattern=all/],
    [`${gated}@budget=0`, /@budget=0, budget: expected a number above 0, at most 2, got 0/],
    [`${gated}@threshold=`, /threshold: expected a probability from 0 \(all gates open\) to 1, got nothing/],
    [`${gated}@threshold=2`, /threshold: expected a probability from 0 \(all gates open\) to 1, got 2/],
    [
      `${gated}@pattern=10,11`,
      /@pattern=10,11: expected 1 \(open\) or 0 for each sub-block of dmnn-\S+, such as 11,11,11, got 10,11/,
    ],
    [`${gated}@pattern=10,11,1x`, /expected 1 \(open\) or 0 for each sub-block/],
    [
      `${slim}@pattern=all`,
      /expected a network with gates for a pattern, got cifar-resnet8-0\.25, which decides nothing\. Leave the setting out/,
    ],
    [`${slim}@budget=0.5`, /expected a network with gates for a budget, got cifar-resnet8-0\.25/],
    [
      `${slim}@width=0.5@width=1`,
      /--then: expected one setting of a network, got two in .*: width and width\. Leave one out/,
    ],
    [
      `${gated}@budget=0.5@pattern=all`,
      /expected one setting of a network, got two in .*: budget and pattern/,
    ],
    [`${gated}@open=all`, /--then: expected a setting that is one of RUN@width=0\.5 .*, got .*@open=all/],
    [`${gated}@width`, /--then: expected a setting that is one of/],
    [
      `${at('nowhere')}@width=0.5`,
      /--then: expected a run folder or an imported model folder, got .*nowhere, which does not exist/,
    ],
  ])('refuses %s', async (then, message) => {
    const { code, err } = await run(['eval', gated, '--then', then, ...data, '--budgets', '0.5']);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it.each([
    [`${slim}@width=0.5`, /run: expected a setting only for a network of a cascade .*dmnn eval RUN --width/],
    [`${gated}@budget=0.5`, /For .*run@home alone: dmnn eval RUN --budgets/],
  ])('names the option for one network alone: %s', async (folder, message) => {
    expect(await run(['eval', folder, ...data])).toMatchObject({
      code: 2,
      err: expect.stringMatching(message) as string,
    });
  });
});
