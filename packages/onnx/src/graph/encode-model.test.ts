import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { withExits } from '@dmnn/architecture';
import { confidenceMeasures } from '@dmnn/confidence';
import { exportCascade } from '../export-cascade.js';
import { exportOnnx } from '../export-onnx.js';
import type { ExportOptions } from '../export/export-options.js';
import { references } from '../fixtures/agreement.js';
import { arbitraryImage } from '@dmnn/test-networks';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { stageReference } from '../fixtures/stage-references.js';
import { encodeModel } from './encode-model.js';
import { readMetadata } from './read-metadata.js';

// DMNN_PYTHON sets a Python with PyPI's onnx, if the one in PATH does not have it
const python = process.env['DMNN_PYTHON'] ?? 'python3';
const has = (module: string): boolean => {
  const found = spawnSync(python, ['-c', `import ${module}`]).status === 0;
  if (!found) process.stderr.write(`not run: checks with PyPI's ${module} (${python} does not have it)\n`);
  return found;
};
const hasOnnx = has('onnx');
const hasOpenvino = has('openvino');

/** Runs one of the scripts next to the package on files, which are written to a folder for it. */
function checked(script: string, files: { readonly [name: string]: Uint8Array | string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'dmnn-onnx-'));
  const paths = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  });
  const path = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [path, ...paths], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return status === 0 ? stdout : `exit code ${status}\n${stdout}${stderr}`;
}

/** A network without gates, then one with gates and an exit, each with its own normalisation. */
const cascadeParts = [
  createArchitecture('cifar-resnet8-0.5', { classes: 10, imageSizePx: 16 }),
  withExits(createArchitecture('dmnn-cifar-resnet8-0.5-n2', { classes: 10, imageSizePx: 16 }), {
    exits: [1],
  }),
].map((architecture, i) => ({
  architecture,
  weights: arbitraryWeights(architecture, 1 + i),
  channelMeans: [0.1 * i, 0.2, 0.3],
  channelDeviations: [0.2, 0.3, 0.2 + 0.1 * i],
}));
// between the confidences of the images that are run
const between = { probability: [0.16, 0.131], margin: [0.03, 0.01], entropy: [0.021, 0.0045] } as const;
const cascades = confidenceMeasures.map((by) => {
  const combine = by === 'margin' ? 'last' : 'mean';
  return { by, combine, temperatures: [1, 2, 0.5], thresholds: between[by] } as const;
});

describe('encodeModel', () => {
  it('encodes fields by their numbers in onnx.proto3', () => {
    const graph = {
      name: 'g',
      nodes: [{ name: 'n', operation: 'Relu', inputs: ['x'], outputs: ['y'], attributes: {} }],
      initialisers: [],
      inputs: [],
      outputs: [],
    };
    const file = encodeModel({ graph, opset: 17, metadata: new Map([['k', 'v']]) });
    const hex = [
      '0808', // ir_version = 8
      '1204646d6e6e', // producer_name = "dmnn"
      '42021011', // opset_import { version = 17 }
      '72060a016b120176', // metadata_props { key = "k", value = "v" }
      '3a14', // graph of 2 + 15 + 3 bytes
      '0a0f0a01781201791a016e220452656c75', // node of 3 + 3 + 3 + 6 bytes { input "x", output "y", name "n", op_type "Relu" }
      '120167', // name = "g"
    ].join('');
    expect(Buffer.from(file).toString('hex')).toBe(hex);
  });

  it('writes metadata that can be read back', () => {
    const graph = { name: 'g', nodes: [], initialisers: [], inputs: [], outputs: [] };
    const metadata = new Map([
      ['dmnn', '{"a":"ü"}'],
      ['other', ''],
    ]);
    expect(readMetadata(encodeModel({ graph, opset: 17, metadata }))).toEqual([...metadata]);
  });

  it.runIf(hasOnnx)('passes onnx.checker and strict shape inference', () => {
    const files = ['dmnn-cifar-resnet8-n2', 'cifar-resnet8', 'dmnn-mobilenetv2-n2'].flatMap((name) => {
      const architecture = createArchitecture(name, { classes: 10, imageSizePx: 32 });
      const weights = arbitraryWeights(architecture, 1);
      return (['sub-blocks', 'patterns'] as const).map(
        (layout) => [`${name}-${layout}.onnx`, exportOnnx({ architecture, weights }, { layout })] as const,
      );
    });
    const staged = cascades.map(
      (settings) => [`${settings.by}.onnx`, exportCascade(cascadeParts, settings)] as const,
    );
    const said = checked('check-files.py', Object.fromEntries([...files, ...staged]));
    expect(said).not.toContain('exit code');
    expect(said.match(/ confidence 11 \[\]/g)).toHaveLength(cascades.length);
  });

  const portable: readonly ExportOptions[] = [
    {},
    { layout: 'sub-blocks' },
    { layout: 'patterns' },
    { padChannelsTo: 16 },
  ];

  it
    .runIf(hasOpenvino)
    .each(['dmnn-cifar-resnet8-0.5-n3', 'convnet-aig-cifar-resnet20', 'dmnn-mobilenetv2-0.25-n2'])(
    'gives the outputs of %s in OpenVINO',
    (name) => {
      const architecture = createArchitecture(name, { classes: 10, imageSizePx: 16 });
      const weights = arbitraryWeights(architecture, 1);
      const images = [1, 2, 3].map((seed) => arbitraryImage(16 * 16 * 3, seed));
      const expected = references(architecture, weights, images).map((reference, n) => ({
        ...reference,
        logits: [...reference.logits],
        image: Array.from(images[n]!, (_, i) => images[n]![(i % 256) * 3 + Math.floor(i / 256)]),
      }));
      const files = portable.map(
        (options, i) => [`${i}.onnx`, exportOnnx({ architecture, weights }, options)] as const,
      );
      const said = checked('check-openvino.py', {
        'expected.json': JSON.stringify({ shape: [1, 3, 16, 16], images: expected }),
        ...Object.fromEntries(files),
      });
      expect(said).not.toMatch(/exit code|FAILED/);
      expect(said.match(/ok .* images within/g)).toHaveLength(portable.length);
    },
    600_000, // OpenVINO compiles every branch of every file
  );

  it.runIf(hasOpenvino)(
    'stops in OpenVINO where it should, with the same outputs',
    () => {
      const images = [1, 2, 3, 4, 5].map((seed) => arbitraryImage(16 * 16 * 3, seed));
      const stages = new Set<number>();
      for (const settings of cascades) {
        const expected = images.map((image) => {
          const reference = stageReference(cascadeParts, settings, image);
          stages.add(reference.stage);
          const chw = Array.from(image, (_, i) => image[(i % 256) * 3 + Math.floor(i / 256)]);
          return { ...reference, logits: [...reference.logits], image: chw };
        });
        const said = checked('check-openvino.py', {
          'expected.json': JSON.stringify({ shape: [1, 3, 16, 16], images: expected }),
          'cascade.onnx': exportCascade(cascadeParts, settings),
        });
        expect(said).not.toMatch(/exit code|FAILED/);
      }
      expect(stages.size).toBe(3);
    },
    600_000,
  );
});
