import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../export-onnx.js';
import type { FileDescription } from '../file-description.js';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { encodeModel } from '../graph/encode-model.js';
import { readDescription } from './read-description.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.125-n2', { classes: 2, imageSizePx: 8 });
const facts = {
  classNames: ['tench', '鯉'],
  preparation: { shorterSidePx: 9, channelMeans: [0, 0.5, 1], channelDeviations: [1, 2, 3] },
};
const file = exportOnnx({ architecture, weights: arbitraryWeights(architecture, 1) }, facts);
const description = readDescription(file);

const stage = { part: 0, alwaysMacs: 7, gatedBlocks: 3, temperature: 1 };
const cascade = {
  parts: ['one'],
  by: 'margin',
  combine: 'last',
  stages: [{ ...stage, exit: 0, threshold: 0.5 }, stage],
} as const;

/** A file whose metadata are these entries. */
const fileWith = (...metadata: [string, string][]): Uint8Array => {
  const graph = { name: 'g', nodes: [], initialisers: [], inputs: [], outputs: [] };
  const files = metadata.map((entry) => encodeModel({ graph, opset: 17, metadata: new Map([entry]) }));
  return Buffer.concat(files);
};
const described = (change: object): Uint8Array =>
  fileWith(['dmnn', JSON.stringify({ ...description, ...change })]);

describe('readDescription', () => {
  it('reads what was written, among other metadata', () => {
    expect(description).toMatchObject({ ...facts, classes: 2, subBlocks: [2, 2, 2] });
    expect(readDescription(fileWith(['author', 'x'], ['dmnn', JSON.stringify(description)]))).toEqual(
      description,
    );
    expect(readDescription(described({ cascade })).cascade).toEqual(cascade);
  });

  it.each<[Partial<Record<keyof FileDescription, unknown>>, RegExp]>([
    [{ format: 2 }, /got format 2\./],
    [{ name: 7 }, /got name 7\./],
    [{ classes: 1.5 }, /got classes 1\.5/],
    [{ inChannels: 0 }, /got inChannels 0/],
    [{ subBlocks: [2, 2, 0] }, /got subBlocks \[2,2,0\]/],
    [{ subBlocks: [2, 2] }, /got subBlockMacs /],
    [{ subBlockMacs: [[1, 2], [1, 2], [1]] }, /got subBlockMacs \[\[1,2\],\[1,2\],\[1\]\]/],
    [{ subBlockMacs: undefined }, /got subBlockMacs missing/],
    [{ alwaysMacs: -1 }, /got alwaysMacs -1/],
    [{ frozenGates: [[1]] }, /got frozenGates/],
    [{ cpuLanes: 4 }, /got cpuLanes 4/],
    [{ cascade: [] }, /got cascade \[\]/],
    [{ cascade: { ...cascade, by: 'size' } }, /got cascade \{/],
    [{ cascade: { ...cascade, combine: 'sum' } }, /got cascade \{/],
    [{ cascade: { ...cascade, parts: [1] } }, /got cascade \{/],
    [{ cascade: { ...cascade, stages: cascade.stages.slice(1) } }, /got cascade \{/],
    [{ cascade: { ...cascade, stages: [7, 8] } }, /got cascade \{/],
    [{ cascade: { ...cascade, stages: [...cascade.stages].reverse() } }, /got cascade \{/],
    [
      { cascade: { ...cascade, stages: [{ ...cascade.stages[0], part: 1 }, cascade.stages[1]] } },
      /got cascade/,
    ],
    [
      { cascade: { ...cascade, stages: [{ ...cascade.stages[0], gatedBlocks: 4 }, cascade.stages[1]] } },
      /got cascade/,
    ],
    [{ classNames: ['one'] }, /got classNames: expected 2 strings/],
    [
      { preparation: { ...facts.preparation, channelDeviations: [1, 0, 1] } },
      /got preparation\.channelDeviations/,
    ],
  ])('refuses %j', (change, message) => {
    expect(() => readDescription(described(change))).toThrow(message);
    expect(() => readDescription(described(change))).toThrow(
      expect.objectContaining({ code: 'DMNN_SESSION' }),
    );
  });

  it.each([
    ['no description', fileWith(['other', '{}']), /expected metadata 'dmnn', got none/],
    ['two', fileWith(['dmnn', '{}'], ['dmnn', '{}']), /expected metadata 'dmnn', got 2 of them/],
    ['no JSON', fileWith(['dmnn', '{']), /expected JSON/],
    ['duplicate keys', fileWith(['dmnn', '{"format":1,"format":1}']), /expected JSON/],
    ['a list', fileWith(['dmnn', '[]']), /got another value/],
    ['a cut file', file.subarray(0, -1), /expected an ONNX file, got a damaged one/],
    ['a page', new TextEncoder().encode('<!DOCTYPE html>'), /expected an ONNX file, got a web page/],
    // metadata_props { key = "dmnn", value = bytes that are no UTF-8 }
    ['no text', Uint8Array.of(0x72, 8, 0x0a, 4, 100, 109, 110, 110, 0x12, 0xff), /expected an ONNX file/],
    ['a number as metadata', Uint8Array.of(0x70, 1), /expected an ONNX file/],
    ['a group', Uint8Array.of(0x0b, 0x0c), /expected an ONNX file/],
    ['a field 0', Uint8Array.of(0x02, 0), /expected an ONNX file/],
    [
      'a length beyond 32 bits',
      Uint8Array.of(0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 1),
      /expected an ONNX file/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readDescription(bytes)).toThrow(message);
    expect(() => readDescription(bytes)).toThrow(expect.objectContaining({ code: 'DMNN_SESSION' }));
  });
});
