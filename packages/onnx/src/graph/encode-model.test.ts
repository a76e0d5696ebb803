import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../export-onnx.js';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { encodeModel } from './encode-model.js';
import { readMetadata } from './read-metadata.js';

// DMNN_PYTHON sets a Python with PyPI's onnx, if the one in PATH does not have it
const python = process.env['DMNN_PYTHON'] ?? 'python3';
const hasOnnx = spawnSync(python, ['-c', 'import onnx']).status === 0;
if (!hasOnnx) process.stderr.write(`not run: the onnx checker (${python} has no module onnx)\n`);

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
    expect(readMetadata(encodeModel({ graph, opset: 17, metadata }))).toEqual(metadata);
  });

  it.runIf(hasOnnx)('passes onnx.checker and strict shape inference', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dmnn-onnx-'));
    const files = ['dmnn-cifar-resnet8-n2', 'cifar-resnet8', 'dmnn-mobilenetv2-n2'].flatMap((name) => {
      const architecture = createArchitecture(name, { classes: 10, imageSizePx: 32 });
      const weights = arbitraryWeights(architecture, 1);
      return (['sub-blocks', 'patterns'] as const).map((layout) => {
        const path = join(folder, `${name}-${layout}.onnx`);
        writeFileSync(path, exportOnnx({ architecture, weights }, { layout }));
        return path;
      });
    });
    const script = fileURLToPath(new URL('../../scripts/check-files.py', import.meta.url));
    const { status, stderr } = spawnSync(python, [script, ...files], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
