import { closeIfFails } from '@dmnn/foundation';
import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import { DynamicSession, type OnnxRuntime, type SessionForm, exportOnnx } from '@dmnn/onnx';
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
  /** Lanes of this processor, for files that are written in ONNX Runtime's own layout; portable files without. */
  readonly cpuLanes?: 8 | 16 | undefined;
  /** Whether portable files run as they are written, and not in the form that `DynamicSession` makes of them. */
  readonly asWritten?: boolean | undefined;
  /** Called with the form in which the dynamic network runs, whenever it differs from the one before. */
  readonly onForm?: ((form: SessionForm) => void) | undefined;
}

const CERTAIN = 1e6; // far beyond what a controller's weights can add to a logit

/** ONNX Runtime in a `DynamicSession`, one image at a time. */
export function onnxEngine(
  network: NetworkData,
  { runtime, threads, cpuLanes, asWritten = false, onForm }: OnnxEngineOptions,
): BenchEngine {
  const { architecture } = network;
  const undivided = undividedOf(architecture);
  const table = flopsTable(countNetwork(architecture));
  const open = (file: Uint8Array): Promise<DynamicSession> =>
    DynamicSession.create(file, { runtime, threads, form: asWritten ? 'as-written' : 'fastest' });
  let said = '';
  const say = (form: SessionForm): void => {
    const now = JSON.stringify(form);
    if (now !== said) onForm?.(form);
    said = now;
  };
  return {
    name: cpuLanes ? `onnx-${cpuLanes}-lanes` : asWritten ? 'onnx-portable' : 'onnx',
    batch: 1,
    undivided: async () => {
      const weights = initialWeights(undivided, { seed: 1 });
      const session = await open(exportOnnx({ architecture: undivided, weights }));
      return contestant(session, undivided, countNetwork(undivided).macs);
    },
    dynamic: async (patterns) => {
      const pattern = patterns[0] as OpenPattern;
      const file = exportOnnx(scripted(network, pattern), { cpuLanes });
      const session = await open(file);
      say(session.form);
      return contestant(session, architecture, patternMacs(table, pattern));
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
  session: DynamicSession,
  { imageSizePx, inChannels }: Architecture,
  expected: number,
): Promise<Contestant> {
  const image = arbitraryImages(inChannels * imageSizePx ** 2);
  const run = () => session.run(image, { layout: 'chw' });
  await closeIfFails(
    async () => {
      const { macs } = await run();
      if (macs !== expected)
        throw new Error(`the file ran ${macs} multiply-accumulates, expected ${expected}`);
    },
    () => session.close(),
  );
  return {
    run: async () => {
      await run();
    },
    release: () => session.close(),
  };
}
