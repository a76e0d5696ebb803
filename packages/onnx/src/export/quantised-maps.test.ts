import {
  type Activation,
  type Architecture,
  activations,
  paperController,
  withExits,
} from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { anyPaddedTiny, arbitraryImage, relativeDifference, tinyArchitecture } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { exportCascade } from '../export-cascade.js';
import { exportOnnx, onnxModel } from '../export-onnx.js';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { references } from '../fixtures/agreement.js';
import { observedRanges } from '../fixtures/observed-ranges.js';
import type { OnnxGraph, OnnxNode } from '../graph/onnx-graph.js';
import { preparedImage } from '../session/inference.js';
import { DynamicSession } from '../session/node-session.js';
import { readDescription } from '../session/read-description.js';

/**
 * Random weights of few channels amplify what is rounded, a few of them much: no close bound holds for all, so that it is
 * one for nineteen of twenty, and the networks are always the same ones.
 */
const CLOSE = 0.3;
const SAME = { seed: 1, numRuns: 60 };

/** A graph and all its branches. */
function within(graph: OnnxGraph): OnnxGraph[] {
  const attributes = graph.nodes.flatMap((node) => Object.values(node.attributes));
  return [graph, ...attributes.flatMap((value) => ('graph' in value ? within(value.graph) : []))];
}

/** A network, what float32 gives for an image, and a quantisation on that image. */
async function quantised(architecture: Architecture, seed: number) {
  const network = { architecture, weights: arbitraryWeights(architecture, seed) };
  const { imageSizePx, inChannels } = architecture;
  const image = arbitraryImage(imageSizePx ** 2 * inChannels, seed);
  const [expected] = references(architecture, network.weights, [image]);
  const planes = preparedImage(image, {}, readDescription(exportOnnx(network)));
  const quantisation = await observedRanges(network, [planes], [expected!.gates]);
  const options = { precision: 'int8', quantisation } as const;
  return { network, image, expected: expected!, quantisation, options };
}

/** Runs an image through a file. */
async function ran(file: Uint8Array, image: Float32Array) {
  const session = await DynamicSession.create(file, { threads: 1 });
  const result = await session.run(image);
  await session.close();
  return { ...result, form: session.form };
}

describe('a file in 8 bits', () => {
  it('gives what float32 gives, as closely as 8 bits allow, for small networks of all kinds', async () => {
    const differences: number[] = [];
    const layout = fc.constantFrom('pairs', 'sub-blocks', 'patterns');
    await fc.assert(
      fc.asyncProperty(anyPaddedTiny, fc.nat(1000), layout, async (architecture, seed, each) => {
        const { network, image, expected, options } = await quantised(architecture, seed);
        // gates near their threshold may be others: those of float32 are kept
        const frozenGates = expected.gates;
        const frozen = await ran(exportOnnx(network, { ...options, frozenGates }), image);
        differences.push(relativeDifference(frozen.logits, expected.logits));
        const { logits, gates } = await ran(exportOnnx(network, { ...options, layout: each }), image);
        if (JSON.stringify(gates) !== JSON.stringify(expected.gates)) return;
        differences.push(relativeDifference(logits, expected.logits));
      }),
      SAME,
    );
    const sorted = differences.sort((a, b) => a - b);
    expect(sorted.length).toBeGreaterThan(1.5 * SAME.numRuns); // few networks decide otherwise
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(0.03);
    expect(sorted[Math.floor(0.95 * sorted.length)]).toBeLessThan(CLOSE);
    expect(sorted.at(-1)).toBeLessThan(1);
  });

  it.each([...(Object.keys(activations) as Activation[]), 'relu6 everywhere'] as const)(
    'does so with blocks that end in %s',
    async (end) => {
      const small = tinyArchitecture([
        { kind: 'bottleneck', shortcut: 'projection', subBlocks: 2, controller: paperController },
        { kind: 'inverted-residual', shortcut: 'identity', subBlocks: 2, controller: paperController },
        { kind: 'basic', shortcut: 'pad', subBlocks: 2 },
      ]);
      // everywhere: also before the sum, so that paths are not merged
      const text = JSON.stringify(small, (key, value: unknown) => {
        if (end === 'relu6 everywhere') return key === 'activation' ? 'relu6' : value;
        return key === 'activation' && value !== 'none' ? end : value;
      });
      const { network, image, expected, options } = await quantised(JSON.parse(text) as Architecture, 5);
      for (const form of [{ frozenGates: expected.gates }, { layout: 'sub-blocks' } as const]) {
        const { logits } = await ran(exportOnnx(network, { ...options, ...form }), image);
        expect(relativeDifference(logits, expected.logits)).toBeLessThan(CLOSE);
      }
    },
  );

  it('has its convolutions between bytes, inside the branches, and its controllers in float32', async () => {
    const { network, image, options } = await quantised(
      createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 }),
      3,
    );
    const { graph } = onnxModel(network, options);
    const makers = new Map(
      within(graph).flatMap(({ nodes }) => nodes.flatMap((node) => node.outputs.map((name) => [name, node]))),
    ) as ReadonlyMap<string, OnnxNode>;
    const convolutions = within(graph).flatMap(({ nodes }) =>
      nodes.filter(({ operation }) => operation === 'Conv').map((node) => ({ node, nodes })),
    );
    // stem, three blocks of three leaves with two units each, two shortcuts
    expect(convolutions.length).toBeGreaterThan(18);
    for (const { node, nodes } of convolutions) {
      const inputs = node.inputs.map((name) => makers.get(name));
      expect(inputs.map((each) => each?.operation)).toEqual(Array(3).fill('DequantizeLinear'));
      expect(inputs.every((each) => nodes.includes(each!))).toBe(true); // in the same branch
      const readers = nodes.filter(({ inputs: read }) => read.includes(node.outputs[0]!));
      expect(readers.map(({ operation }) => operation)).toEqual(['QuantizeLinear']);
    }
    const ifs = within(graph).flatMap(({ nodes }) => nodes.filter(({ operation }) => operation === 'If'));
    const types = ifs.flatMap(({ attributes }) =>
      Object.values(attributes).flatMap((each) =>
        'graph' in each ? each.graph.outputs.map(({ type, shape }) => `${type} of ${String(shape[2])}`) : [],
      ),
    );
    expect(new Set(types)).toEqual(new Set(['uint8 of 32', 'uint8 of 16', 'float of 1']));
    const gemms = within(graph).flatMap(({ nodes }) => nodes.filter(({ operation }) => operation === 'Gemm'));
    for (const { inputs } of gemms) {
      expect(inputs.some((name) => makers.get(name)?.operation === 'DequantizeLinear')).toBe(false);
    }
    const { form } = await ran(exportOnnx(network, options), image);
    expect(form).toEqual({ asWrittenBecause: 'its maps are quantised, for which there is no blocked form' });
  });

  it('keeps the map that flows through a stage in multiples of one scale, whatever its gates', async () => {
    const { network, options } = await quantised(
      createArchitecture('dmnn-cifar-resnet14-n2', { classes: 10 }),
      3,
    );
    const { graph } = onnxModel(network, options);
    const constants = new Map(
      within(graph).flatMap(({ initialisers }) => initialisers.map(({ name, data }) => [name, data])),
    );
    const scales = new Map<string, Set<number>>();
    for (const { nodes, outputs } of within(graph)) {
      for (const { name, type } of outputs) {
        const maker = nodes.find((node) => node.outputs.includes(name));
        if (type !== 'uint8' || maker?.operation !== 'QuantizeLinear') continue;
        const stage = name.slice(0, 'stage0'.length);
        const scale = Number(constants.get(maker.inputs[1]!)?.[0]);
        scales.set(stage, (scales.get(stage) ?? new Set()).add(scale));
      }
    }
    // two blocks each; the first of a later stage has a shortcut of its own, and the second adds to its output
    expect([...scales].map(([stage, own]) => [stage, own.size])).toEqual([
      ['stage0', 1],
      ['stage1', 1],
      ['stage2', 1],
    ]);
  });

  it('has far fewer bytes than float32, says what it is, and may be frozen or static', async () => {
    const dynamic = await quantised(createArchitecture('dmnn-cifar-resnet20-n2', { classes: 10 }), 3);
    const file = exportOnnx(dynamic.network, dynamic.options);
    expect(file.length / exportOnnx(dynamic.network).length).toBeLessThan(0.4);
    expect(readDescription(file).precision).toBe('int8');
    expect(readDescription(exportOnnx(dynamic.network)).precision).toBeUndefined();
    const still = await quantised(createArchitecture('cifar-resnet8', { classes: 10 }), 3);
    const { logits } = await ran(exportOnnx(still.network, still.options), still.image);
    expect(relativeDifference(logits, still.expected.logits)).toBeLessThan(0.05);
  });

  it('is refused with what is wrong, and what to do', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 });
    const { network, quantisation } = await quantised(architecture, 3);
    const refused = (options: object, of = network) => {
      try {
        exportOnnx(of, options);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    };
    const int8 = { precision: 'int8', quantisation };
    expect(refused({ precision: 'int8' })).toMatch(/quantisation: expected with precision 'int8', got none\. quantiseNetwork/); // prettier-ignore
    expect(refused({ quantisation })).toContain(
      "quantisation: expected with precision 'int8', got it with 'f32'",
    );
    expect(refused({ precision: 'int4' })).toContain(`precision: expected 'f32' or 'int8', got "int4"`);
    expect(refused({ ...int8, cpuLanes: 16 })).toContain("cpuLanes: expected none with precision 'int8'");
    const others = { architecture, weights: arbitraryWeights(architecture, 4) };
    expect(refused(int8, others)).toMatch(/quantisation: expected one of these weights \(SHA-256 [0-9a-f]{12}…\), got one of others .*\n.*Quantise this network/s); // prettier-ignore
    expect(refused({ ...int8, quantisation: { ...quantisation, network: 'other' } })).toContain(
      'quantisation: expected one of dmnn-cifar-resnet8-n2, got one of other',
    );
    expect(refused({ ...int8, quantisation: { ...quantisation, architecture: '0'.repeat(64) } })).toContain(
      'quantisation: expected one of this architecture of dmnn-cifar-resnet8-n2, got one of another',
    );
    expect(refused({ ...int8, quantisation: 8 })).toContain('quantisation: expected what quantiseNetwork of @dmnn/engine gives, got number'); // prettier-ignore
    const ranges = { ...quantisation.ranges };
    delete ranges['stem.unit0'];
    expect(refused({ ...int8, quantisation: { ...quantisation, ranges } })).toContain(
      'quantisation.ranges: expected the range of stem.unit0, got none',
    );
    expect(refused({ ...int8, quantisation: { ...quantisation, ranges: undefined } })).toContain(
      'quantisation.ranges: expected ranges by their sites, got undefined',
    );
    for (const range of [NaN, -1, 1e39, '1']) {
      expect(refused({ ...int8, quantisation: { ...quantisation, ranges: { ...ranges, image: range } } })).toContain(`quantisation.ranges.image: expected a number from 0 on, got ${String(range)}`); // prettier-ignore
    }
    const exits = withExits(architecture, { exits: 1 });
    const part = { architecture: exits, weights: arbitraryWeights(exits, 3) };
    const settings = { by: 'margin', combine: 'last', temperatures: [1, 1], thresholds: [0.5] } as const;
    expect(() => exportCascade([part], settings, { precision: 'int8', quantisation })).toThrow(/precision: expected f32 in a file of stages, got int8/); // prettier-ignore
  });

  it('is refused where the weights cannot be compared', async () => {
    const architecture = createArchitecture('cifar-resnet8', { classes: 10 });
    const { network, options } = await quantised(architecture, 3);
    const builtIn = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    try {
      expect(() => exportOnnx(network, options)).toThrow('expected Node.js, where it is compared with the weights, got a browser'); // prettier-ignore
    } finally {
      builtIn.mockRestore();
    }
  });
});
