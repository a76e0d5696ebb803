// The networks that `npm run check:exports` and `npm run check:engine` compare with masked execution.
import { createArchitecture, modelNames } from '@dmnn/backbones';
import { exportOnnx } from '@dmnn/onnx';

/** A few small networks, one of each family: what CI runs. */
const SAMPLE = [
  'resnet18',
  'mobilenetv2-0.75',
  'efficientnet-lite0',
  'cifar-resnet8',
  'cifar-resnext29-4x24d-0.25',
  'dmnn-mobilenetv2-1.4-n2',
  'dmnn-efficientnet-lite0-n2',
  'dmnn-cifar-resnet8-n2',
  'dmnn-cifar-mobilenetv2-n2',
  'convnet-aig-cifar-resnet20',
];

/**
 * Names of the zoo, each divided network with 2 and 4 sub-blocks too.
 *
 * @param {{ names: string[], sample: boolean }} options names: these only
 * @returns {string[]}
 */
export function zooNames({ names, sample }) {
  const listed = modelNames();
  const chosen = names.length > 0 ? names : sample ? SAMPLE : listed;
  const unlisted = chosen.filter((name) => !listed.includes(name));
  if (unlisted.length > 0)
    throw new Error(`expected names that dmnn models lists, got ${unlisted.join(', ')}`);
  return [
    ...new Set(
      chosen.flatMap((name) =>
        /^dmnn.*-n\d+$/.test(name) ? [name, ...[2, 4].map((n) => name.replace(/-n\d+$/, `-n${n}`))] : [name],
      ),
    ),
  ];
}

/** The architecture at the smallest image size that it takes, from one on. @param {string} name */
export function smallestArchitecture(name, from = 1) {
  for (let imageSizePx = from; ; imageSizePx++) {
    try {
      const architecture = createArchitecture(name, { imageSizePx });
      exportOnnx({ architecture, weights: new Map() });
    } catch (error) {
      // weights are checked after the shapes: at this size only they are missing
      if (/** @type {any} */ (error).code === 'DMNN_EXPORT') return createArchitecture(name, { imageSizePx });
      if (imageSizePx >= from + 64) throw error;
    }
  }
}
