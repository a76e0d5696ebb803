import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { Engine, EngineCascade, Precision } from '@dmnn/engine';
import { closeIfFails } from '@dmnn/foundation';
import type { DynamicSession } from '@dmnn/onnx';
import type { Cascade, OpenedNetworkData } from '@dmnn/runs';
import { type NetworkData, variableSpecs } from '@dmnn/weights';
import { tensorCascade } from '../classify/cascade-classifier.js';
import type { StagedClassifier } from '../classify/classifier.js';
import { preparationOf } from '../classify/image-preparation.js';
import { exportNetwork, exportOpenedCascade } from '../export-model.js';
import type { CascadeEngine } from './cascade-times.js';

/**
 * The compiled engine.
 *
 * @param open - opens the cascade, and one of its networks in the precision that it has there
 */
export function compiledCascadeEngine(
  cascade: Cascade<OpenedNetworkData>,
  precisions: readonly Precision[],
  open: {
    cascade(cascade: Cascade<OpenedNetworkData>): Promise<EngineCascade>;
    alone(network: NetworkData, precision: Precision): Promise<Engine>;
  },
): CascadeEngine {
  return {
    name: `compiled-${[...new Set(precisions)].join('-')}`,
    cascade: (settings) => open.cascade({ ...cascade, settings }),
    alone: async (part) => {
      const engine = await open.alone(
        cascade.parts[part] as OpenedNetworkData,
        precisions[part] as Precision,
      );
      return { run: (imageOf) => engine.run(imageOf(part)), close: () => engine.close() };
    },
  };
}

/** ONNX Runtime, with the cascade in one file. @param open - a file */
export function onnxCascadeEngine(
  cascade: Cascade<OpenedNetworkData>,
  open: (file: Uint8Array) => Promise<DynamicSession>,
): CascadeEngine {
  const opened = async (file: Uint8Array, part: number): ReturnType<CascadeEngine['alone']> => {
    const session = await open(file);
    return { run: (imageOf) => session.run(imageOf(part)), close: () => session.close() };
  };
  return {
    name: 'onnx',
    cascade: (settings) => opened(exportOpenedCascade(cascade, {}, settings), 0),
    alone: (part) => opened(exportNetwork(withoutExits(cascade.parts[part] as OpenedNetworkData), {}), part),
  };
}

/** TensorFlow.js, on the backend that is set. */
export async function tensorCascadeEngine(
  cascade: Cascade<OpenedNetworkData>,
  backend: string,
): Promise<CascadeEngine & { close(): Promise<void> }> {
  const { createNetwork } = await import('@dmnn/network');
  const { networkClassifier } = await import('../classify/network-classifier.js');
  const { parts } = cascade;
  const classifiers: StagedClassifier[] = [];
  const close = async (): Promise<void> => {
    for (const classifier of classifiers) await classifier.close();
  };
  return closeIfFails(async () => {
    for (const part of parts) {
      const network = createNetwork(part.architecture, { seed: 0, weights: part.weights });
      classifiers.push(await networkClassifier(network, { preparation: preparationOf(part) }));
    }
    const subBlocks = parts.map(({ architecture }) =>
      gatedBlocks(architecture).map(({ block }) => block.subBlocks.length),
    );
    const shared = { close: () => Promise.resolve() }; // the networks are the same ones for all
    return {
      name: `tfjs-${backend}`,
      cascade: (settings) => {
        const runner = tensorCascade(classifiers, settings, subBlocks);
        return Promise.resolve({
          ...shared,
          run: (imageOf) => runner.run((part) => Promise.resolve(imageOf(part))),
        });
      },
      alone: async (part) => {
        const own = parts[part] as OpenedNetworkData;
        const { architecture, weights } = withoutExits(own);
        const network = createNetwork(architecture, { seed: 0, weights });
        const classifier = await networkClassifier(network, { preparation: preparationOf(own) });
        return { run: (imageOf) => classifier.classify(imageOf(part)), close: () => classifier.close() };
      },
      close,
    };
  }, close);
}

/** The same network with its head alone, whose answers do not depend on exits. */
function withoutExits<Part extends NetworkData>({ architecture, weights, ...others }: Part): NetworkData {
  const { exits, ...plain } = architecture;
  if (!exits) return { ...others, architecture, weights };
  const whole: Architecture = plain;
  const names = new Set(variableSpecs(whole).map(({ name }) => name));
  return {
    ...others,
    architecture: whole,
    weights: new Map([...weights].filter(([name]) => names.has(name))),
  };
}
