import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import { type OnnxRuntime, exportOnnx } from '@dmnn/onnx';
import { type NetworkData, initialWeights } from '@dmnn/weights';
import { arbitraryImages } from './arbitrary-images.js';
import type { BenchEngine, Contestant } from './contestant.js';
import type { OpenPattern } from './random-pattern.js';
import { undividedOf } from './undivided-of.js';

/** How ONNX Runtime runs a network. */
export interface OnnxEngineOptions {
  readonly runtime: OnnxRuntime;
  /** Threads that share the work of an image. */
  readonly threads: number;
  /** Lanes of this processor, for files in ONNX Runtime's own layout; portable files without. */
  readonly cpuLanes?: 8 | 16 | undefined;
}

const CERTAIN = 1e6; // far beyond what a controller's weights can add to a logit

/** ONNX Runtime, one image at a time: what its files take. */
export function onnxEngine(
  network: NetworkData,
  { runtime, threads, cpuLanes }: OnnxEngineOptions,
): BenchEngine {
  const { architecture } = network;
  const undivided = undividedOf(architecture);
  const table = flopsTable(countNetwork(architecture));
  const open = (file: Uint8Array, macs: number): Promise<Contestant> =>
    contestant(runtime, file, architecture, { threads, macs });
  return {
    name: cpuLanes ? `onnx-${cpuLanes}-lanes` : 'onnx',
    batch: 1,
    undivided: () => {
      const weights = initialWeights(undivided, { seed: 1 });
      return open(exportOnnx({ architecture: undivided, weights }), countNetwork(undivided).macs);
    },
    dynamic: async (patterns) => {
      const pattern = patterns[0] as OpenPattern;
      const file = exportOnnx(scripted(network, pattern), { cpuLanes });
      return open(file, patternMacs(table, pattern));
    },
  };
}

/** The same network, with controllers that always decide the pattern. They still compute. */
function scripted({ architecture, weights }: NetworkData, pattern: OpenPattern): NetworkData {
  const decided = new Map(weights);
  for (const { path, blockIndex } of gatedBlocks(architecture)) {
    const gates = pattern[blockIndex] as readonly boolean[];
    const name = `${path}.controller.decide.bias`;
    const data = Float32Array.from(gates.flatMap((on) => (on ? [-CERTAIN, CERTAIN] : [CERTAIN, -CERTAIN])));
    decided.set(name, { dtype: 'F32', shape: [data.length], data });
  }
  return { architecture, weights: decided };
}

async function contestant(
  runtime: OnnxRuntime,
  file: Uint8Array,
  { imageSizePx, inChannels }: Architecture,
  { threads, macs }: { readonly threads: number; readonly macs: number },
): Promise<Contestant> {
  const session = await runtime.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const shape = [1, inChannels, imageSizePx, imageSizePx];
  const image = new runtime.Tensor('float32', arbitraryImages(inChannels * imageSizePx ** 2), shape);
  const first = await session.run({ image });
  const counted = (first['macs']?.data as Float64Array)[0];
  if (counted !== macs) {
    await session.release();
    throw new Error(`the file ran ${counted ?? 'no'} multiply-accumulates, expected ${macs}`);
  }
  return {
    run: async () => {
      await session.run({ image });
    },
    release: () => session.release(),
  };
}
