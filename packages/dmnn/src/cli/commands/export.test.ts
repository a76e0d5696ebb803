import { execFileSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countNetwork, countUndivided, flopsTable, alwaysMacs } from '@dmnn/flops';
import { DynamicSession, cpuLanes, readDescription } from '@dmnn/onnx';
import type { SavedModel } from '@dmnn/runs';
import * as ort from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as ExportModel from '../../export-model.js';
import { run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';
import type * as Runtime from '../terminal/onnx-runtime.js';

/** What stands in for parts of the command, in tests of what it does when they fail. */
const replaced = vi.hoisted(
  (): { weights?: string; file?: (file: Uint8Array) => Uint8Array; isWithoutRuntime?: true } => ({}),
);
vi.mock('../../export-model.js', async (original) => {
  const real = await original<typeof ExportModel>();
  const exportNetwork: typeof real.exportNetwork = (network, options) => {
    const weights = new Map(network.weights);
    const name = replaced.weights ?? '';
    const one = weights.get(name);
    if (one?.dtype === 'F32') weights.set(name, { ...one, data: one.data.map((value) => 1 - value) });
    const file = real.exportNetwork({ ...network, weights }, options);
    return replaced.file?.(file) ?? file;
  };
  return { exportNetwork };
});
vi.mock('../terminal/onnx-runtime.js', async (original) => {
  const real = await original<typeof Runtime>();
  const loadOnnxRuntime: typeof real.loadOnnxRuntime = () =>
    replaced.isWithoutRuntime ? Promise.reject(new Error('not found')) : real.loadOnnxRuntime();
  return { ...real, loadOnnxRuntime };
});
afterEach(() => {
  delete replaced.weights;
  delete replaced.file;
  delete replaced.isWithoutRuntime;
});

const folder = mkdtempSync(join(tmpdir(), 'dmnn-export-'));
const at = (name: string) => join(folder, name);
let model: SavedModel;

beforeAll(async () => {
  model = await saveSmallModel(at('model'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Exports the small model and reads the file's description. */
async function described(file: string, ...options: string[]) {
  const { code, out, err } = await run(['export', at('model'), '--out', at(file), ...options]);
  expect([code, err]).toEqual([0, '']);
  return { out, description: readDescription(readFileSync(at(file))) };
}

describe('dmnn export', () => {
  it('says what it wrote, and what that costs', async () => {
    const { code, out } = await run(['export', at('model'), '--out', at('a.onnx'), '--json']);
    expect(code).toBe(0);
    const count = countNetwork(model.architecture);
    expect(JSON.parse(out)).toEqual({
      file: at('a.onnx'),
      bytes: statSync(at('a.onnx')).size,
      model: 'dmnn-cifar-resnet8-0.25-n2',
      trained: true,
      imageSizePx: 32,
      classes: 4,
      subBlocks: [2, 2, 2],
      precision: 'f32',
      cpuLanes: null,
      frozenGates: null,
      leastMacs: alwaysMacs(flopsTable(count)),
      mostMacs: count.macs,
      undividedMacs: countUndivided(model.architecture).macs,
      unpaddedPaths: 0,
      verified: true,
      unverifiedBecause: null,
      logitsDifference: expect.closeTo(0, 5) as number,
    });
  });

  it('prints commands and code that a shell and JavaScript read, whatever the path', async () => {
    const file = "it's a.onnx";
    const { out } = await described(file);
    const [, word] = /^run it: dmnn predict IMAGE --model (.*)$/m.exec(out) ?? [];
    expect(execFileSync('sh', ['-c', `printf %s ${String(word)}`], { encoding: 'utf8' })).toBe(at(file));
    const [, literal] = /DynamicSession\.create\((.*)\) of @dmnn/.exec(out) ?? [];
    expect(runInNewContext(String(literal))).toBe(at(file));
  });

  it('puts what is known of images and classes into the file', async () => {
    const { out, description } = await described('b.onnx');
    const { channelMeans, channelDeviations, classNames } = model;
    expect(description).toMatchObject({
      classNames,
      preparation: { shorterSidePx: 37, channelMeans, channelDeviations },
    });
    expect(out).toContain(`run it: dmnn predict IMAGE --model ${at('b.onnx')}`);
    expect(out).toMatch(/^MACs {4}[\d.]+ k with all 6 sub-blocks closed to [\d.]+ k with all open/m);
  });

  it('shows as much of an image at another size', async () => {
    const { description } = await described('c.onnx', '--image-size', '64');
    expect(description).toMatchObject({ imageSizePx: 64, preparation: { shorterSidePx: 74 } });
  });

  it('writes the layout that is asked for', async () => {
    await described('pairs.onnx');
    await described('once.onnx', '--layout', 'sub-blocks');
    expect(statSync(at('pairs.onnx')).size).toBeGreaterThan(1.3 * statSync(at('once.onnx')).size);
    expect((await described('lanes.onnx', '--lanes', '8')).description.cpuLanes).toBe(8);
    await described('padded.onnx', '--pad-channels-to', '16');
    expect(statSync(at('padded.onnx')).size).toBeGreaterThan(statSync(at('pairs.onnx')).size);
    await described('plain.onnx', '--pad-channels-to', '1');
    expect(statSync(at('plain.onnx')).size).toBeLessThan(statSync(at('pairs.onnx')).size);
  });

  it('freezes gates from words or a file', async () => {
    const { description, out } = await described('words.onnx', '--pattern', '10,00,11');
    const frozenGates = [
      [true, false],
      [false, false],
      [true, true],
    ];
    expect(description).toMatchObject({ frozenGates, subBlocks: [] });
    expect(out).toMatch(/^MACs {4}[\d.]+ [kM] for every image/m);
    writeFileSync(at('gates.json'), JSON.stringify(frozenGates));
    await described('json.onnx', '--frozen-gates', at('gates.json'));
    expect(readFileSync(at('json.onnx')).equals(readFileSync(at('words.onnx')))).toBe(true);
  });

  it('writes for where the file will run, and says which form that is and why', async () => {
    const portable = await described('portable.onnx');
    const ort = await described('ort.onnx', '--for', 'onnxruntime');
    expect(readFileSync(at('ort.onnx')).equals(readFileSync(at('portable.onnx')))).toBe(true);
    expect(portable.out).not.toMatch(/^for /m);
    expect(ort.out).toMatch(/^for {5}any ONNX Runtime: the portable form\. .*--cpu-lanes/m);

    const web = await described('web.onnx', '--for', 'web');
    await described('padded4.onnx', '--pad-channels-to', '4');
    expect(readFileSync(at('web.onnx')).equals(readFileSync(at('padded4.onnx')))).toBe(true);
    expect(web.out).toMatch(/^for {5}onnxruntime-web: .*four lanes of WebAssembly/m);

    const frozen = await described('openvino.onnx', '--for', 'openvino', '--pattern', '10,00,11');
    await described('given.onnx', '--pattern', '10,00,11');
    expect(readFileSync(at('openvino.onnx')).equals(readFileSync(at('given.onnx')))).toBe(true);
    expect(frozen.out).toMatch(
      /^for {5}OpenVINO: gates are frozen, since no file that decides was faster there/m,
    );

    const whole = await run([
      'export',
      'cifar-resnet8',
      '--out',
      at('whole.onnx'),
      '--for',
      'openvino',
      '--json',
    ]);
    expect(JSON.parse(whole.out)).toMatchObject({ for: 'openvino', frozenGates: null, verified: true });
  });

  it('freezes the gates that a budget pays for', async () => {
    const argv = ['export', at('model'), '--data', 'built-in', '--for', 'openvino', '--json'];
    const costs: number[] = [];
    for (const budget of ['0.3', '0.7', '1.1']) {
      const { code, out } = await run([...argv, '--budget', budget, '--out', at('budget.onnx')]);
      expect(code).toBe(0);
      const { mostMacs, undividedMacs, frozenGates, ...rest } = JSON.parse(out) as Record<string, number> & {
        frozenGates: boolean[][];
      };
      expect(rest).toMatchObject({ verified: true, budget: Number(budget), subBlocks: [] });
      expect(frozenGates.map((row) => row.length)).toEqual([2, 2, 2]);
      expect((mostMacs as number) / (undividedMacs as number)).toBeLessThanOrEqual(Number(budget));
      costs.push(Number(mostMacs));
    }
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    expect(new Set(costs).size).toBe(3);

    const random = await run([
      'export',
      'dmnn-cifar-resnet8-n2',
      '--budget',
      '0.5',
      '--out',
      at('random.onnx'),
    ]);
    expect(random.out).toMatch(
      /^budget {2}0\.5 of the undivided .* on 8 images of noise, since the weights are random$/m,
    );
  });

  it('exports the zoo with random weights, says so, and what an image must become', async () => {
    const { code, out, err } = await run(['export', 'cifar-resnet8', '--out', at('zoo.onnx')]);
    expect(code).toBe(0);
    expect(err).toBe('cifar-resnet8: random weights, since it is a model of the zoo and not a folder.');
    expect(out).toMatch(/^model {3}cifar-resnet8, random weights: /m);
    expect(out).toMatch(/^run it: DynamicSession\.create/m); // nobody knows how its images are prepared
    const session = await DynamicSession.create(at('zoo.onnx'));
    expect((await session.run(new Float32Array(32 * 32 * 3))).logits).toHaveLength(100);
    await session.close();

    const big = await run(['export', 'dmnn-mobilenetv2-n2', '--out', at('big.onnx'), '--image-size', '64']);
    expect(big.code).toBe(0);
    const { classNames, preparation } = readDescription(readFileSync(at('big.onnx')));
    expect(classNames?.[0]).toBe('tench');
    expect(preparation?.shorterSidePx).toBe(73); // 64 · 256 / 224
  });

  it('runs the file and compares it with the model, in every form', async () => {
    const forms = [[], ['--layout', 'sub-blocks'], ['--pad-channels-to', '1'], ['--pattern', '10,00,11']];
    for (const form of [
      ...forms,
      ['--image-size', '24'],
      ...((await cpuLanes(ort)) ? [['--cpu-lanes']] : []),
    ]) {
      const { out } = await described('verified.onnx', ...form);
      expect(out).toMatch(/^check {3}run on 3 seeded images as the network: .*logits within \d.*e-\d/m);
      expect(out.includes('equal gates')).toBe(!form.includes('--pattern'));
    }
  });

  it('says of a file that it has not run, and why', async () => {
    const { out } = await described('unverified.onnx', '--no-verify');
    expect(out).toMatch(/^check {3}not run: --no-verify was given$/m);
    const own = await cpuLanes(ort);
    const lanes = own === 8 ? '16' : '8';
    const other = await described('other.onnx', '--lanes', lanes);
    const here = own === undefined ? 'no blocked layout' : `${own} lanes`;
    expect(other.out).toContain(
      `not run: it is for processors of ${lanes} lanes, and this one has ${here}\n`,
    );
    replaced.isWithoutRuntime = true;
    const { code, out: without } = await run(['export', at('model'), '--out', at('without.onnx'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(without)).toMatchObject({
      verified: false,
      unverifiedBecause: 'onnxruntime-node is not installed',
      logitsDifference: null,
    });
    expect(existsSync(at('without.onnx'))).toBe(true);
  });

  it.each([
    ['has other logits', { weights: 'head.linear.weight' }, /another result for image 0: logit \d+ is /],
    [
      'has other gates',
      { weights: 'stage1.block0.controller.decide.weight' },
      /image 0: gate \d of block 1 is /,
    ],
    [
      'does not run',
      { file: (file: Uint8Array) => file.subarray(0, -9) },
      /a file that ONNX Runtime runs, but: /,
    ],
  ])('leaves no file that %s', async (_, fault, message) => {
    rmSync(at('new.onnx'), { force: true });
    writeFileSync(at('kept.onnx'), 'what was there before');
    Object.assign(replaced, fault);
    for (const name of ['new.onnx', 'kept.onnx']) {
      const { code, out, err } = await run(['export', at('model'), '--out', at(name), '--json']);
      expect([code, out]).toEqual([1, '']);
      expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
        error: { code: 'DMNN_EXPORT', message: expect.stringMatching(message) as string },
      });
    }
    expect(existsSync(at('new.onnx'))).toBe(false);
    expect(readFileSync(at('kept.onnx'), 'utf8')).toBe('what was there before');
  });

  it('names how many paths cannot be padded', async () => {
    const argv = ['export', 'cifar-resnext29-4x24d-0.25', '--out', at('grouped.onnx'), '--image-size', '8'];
    for (const [to, message] of [
      ['16', /^not padded: 3 paths with grouped convolutions/m], // of 24 channels; the others have 48 and 96
      ['64', /^not padded: 9 paths with grouped convolutions/m],
      ['8', /^(?!.*not padded)/s],
    ] as const)
      expect((await run([...argv, '--pad-channels-to', to])).out).toMatch(message);
    expect((await run(argv)).out).toContain('not padded: 3');
  });

  it.each([
    [['dmnn50-n', '--out', at('x')], 2, 'DMNN_UNKNOWN_MODEL', /dmnn50-n2/],
    [[at('model')], 2, 'DMNN_USAGE', /--out/],
    [[at('model'), '--out', at('x'), '--layout', 'pair'], 2, 'DMNN_USAGE', /Did you mean pairs/],
    [[at('model'), '--out', at('x'), '--lanes', '4'], 2, 'DMNN_USAGE', /--lanes: expected 8, 16, got '4'/],
    [[at('model'), '--out', at('x'), '--lanes', '8', '--cpu-lanes'], 2, 'DMNN_USAGE', /got both/],
    [[at('model'), '--out', at('x'), '--pattern', '10,11'], 2, 'DMNN_USAGE', /such as 11,11,11, got 10,11/],
    [[at('model'), '--out', at('x'), '--pattern', '10,12,11'], 2, 'DMNN_USAGE', /got 10,12,11/],
    [['cifar-resnet8', '--out', at('x'), '--pattern', '1'], 2, 'DMNN_USAGE', /decides nothing/],
    [['cifar-resnet8', '--out', at('x'), '--budget', '0.5'], 2, 'DMNN_USAGE', /whose cost is constant/],
    [
      [at('model'), '--out', at('x'), '--for', 'openvino'],
      2,
      'DMNN_USAGE',
      /expected --budget SHARE .*frozen 0\.66/,
    ],
    [[at('model'), '--out', at('x'), '--for', 'opevino'], 2, 'DMNN_USAGE', /Did you mean openvino/],
    [[at('model'), '--out', at('x'), '--for', 'web', '--lanes', '8'], 2, 'DMNN_USAGE', /got --for web/],
    [
      [at('model'), '--out', at('x'), '--for', 'openvino', '--cpu-lanes'],
      2,
      'DMNN_USAGE',
      /got --for openvino/,
    ],
    [
      [at('model'), '--out', at('x'), '--budget', '1', '--pattern', '1'],
      2,
      'DMNN_USAGE',
      /--budget: .*got both/,
    ],
    [
      [at('model'), '--out', at('x'), '--data', 'built-in'],
      2,
      'DMNN_USAGE',
      /--data: expected with --budget/,
    ],
    [
      [at('model'), '--out', at('x'), '--budget', '0.001', '--data', 'built-in'],
      2,
      'DMNN_USAGE',
      /--budget: expected at least 0\.\d{3}, .* got 0\.001/,
    ],
    [
      [at('model'), '--out', at('x'), '--frozen-gates', at('none')],
      2,
      'DMNN_USAGE',
      /such as \[\[true,true\].*ENOENT/,
    ],
    [
      [at('model'), '--out', at('x'), '--frozen-gates', at('wrong.json')],
      2,
      'DMNN_USAGE',
      /got \[\[true\],\[1,0\]\]/,
    ],
    [[at('model'), '--out', at('no/x')], 1, 'DMNN_FILE', /no\/x/],
  ])('refuses %j', async (argv, exitCode, code, message) => {
    writeFileSync(at('wrong.json'), '[[true],[1,0]]');
    const { code: ended, err } = await run(['export', ...argv, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
    expect(existsSync(at('x'))).toBe(false);
    expect(existsSync(`${at('x')}.partial`)).toBe(false);
  });
});
