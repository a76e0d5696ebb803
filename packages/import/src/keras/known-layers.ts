import { printable } from '@dmnn/foundation';
import { type KerasObject, isObject, layersIn } from './keras-json.js';
import { KerasFileError } from './keras-file-error.js';

/** Layers that change nothing when a network is used. */
export const passing: ReadonlySet<string> = new Set([
  'Dropout',
  'SpatialDropout2D',
  'GaussianNoise',
  'GaussianDropout',
  'ActivityRegularization',
  'RandomFlip',
  'RandomRotation',
  'RandomZoom',
  'RandomTranslation',
  'RandomContrast',
  'RandomBrightness',
]);

const known: ReadonlySet<string> = new Set([
  ...passing,
  'InputLayer',
  'Rescaling',
  'ZeroPadding2D',
  'Conv2D',
  'DepthwiseConv2D',
  'BatchNormalization',
  'Activation',
  'ReLU',
  'Softmax',
  'Add',
  'MaxPooling2D',
  'GlobalAveragePooling2D',
  'Flatten',
  'Dense',
]);

/** Operations on tensors that the form of Keras 2 has as a layer. */
const operations: ReadonlySet<string> = new Set(['Add', 'Subtract', 'Multiply', 'Divide', 'TrueDivide']);

/**
 * Checks the classes of all layers of a configuration, in models within it too.
 *
 * @throws KerasFileError with all classes that are not known, and their layers; those with code in them in its own words;
 *   where others refer to a layer by a name that is no text
 */
export function checkedClasses(json: unknown): void {
  const unknown = new Map<string, string[]>();
  const code = new Map<string, string[]>();
  let model = json;
  for (const key of ['modelTopology', 'model_config'])
    if (isObject(model) && isObject(model[key])) model = model[key];
  const pending: unknown[] = isObject(model) ? [...(layersIn(model['config']) ?? [])] : [];
  for (let layer = pending.pop(); layer !== undefined; layer = pending.pop()) {
    if (!isObject(layer) || typeof layer['class_name'] !== 'string') continue;
    const className = layer['class_name'];
    const config = isObject(layer['config']) ? layer['config'] : {};
    checkName(layer['name'], className);
    const inner = layersIn(config);
    if (inner && /^(?:Functional|Sequential|Model)$/.test(className)) {
      pending.push(...inner);
      continue;
    }
    const isOperation = typeof layer['module'] === 'string' && layer['module'].includes('ops');
    if (hasCode(className, config)) note(code, className, layer);
    else if (!known.has(className) && !(isOperation && operations.has(className)))
      note(unknown, className, layer);
  }
  const hints = [
    ...(code.size > 0
      ? ['Take these layers out, or write what they do in layers of Keras, and save the model again.']
      : []),
    ...(unknown.size > 0
      ? [
          'Known are convolutions, batch norms, ReLUs, sums, a max pool, the mean of the map and dense layers. Other networks can be imported as architecture and map of names (--model FILE.json --names MAP.json).',
        ]
      : []),
  ];
  const others =
    unknown.size > 0 ? `; and others than those of a ResNet or MobileNetV2: ${listed(unknown)}` : '';
  if (code.size > 0)
    throw new KerasFileError(
      'layers',
      `expected layers alone, got code of Python, which is never run: ${listed(code)}${others}.`,
      hints,
    );
  if (unknown.size > 0)
    throw new KerasFileError(
      'layers',
      `expected the layers of a ResNet or MobileNetV2, got others: ${listed(unknown)}.`,
      hints,
    );
}

/** A functional model's layers have a name apart from that in their configuration. */
function checkName(name: unknown, className: string): void {
  if (name === undefined || name === null || typeof name === 'string') return;
  throw new KerasFileError(
    'config',
    `config: expected a text as the name of a layer ${printable(className, 60)}, got ${printable(JSON.stringify(name), 60)}.`,
    ['The file was changed or damaged: save the model again.'],
  );
}

function hasCode(className: string, config: KerasObject): boolean {
  return (
    className === 'Lambda' ||
    className === 'TFSMLayer' ||
    Object.values(config).some((value) => isObject(value) && value['class_name'] === '__lambda__')
  );
}

function note(found: Map<string, string[]>, className: string, layer: KerasObject): void {
  const config = isObject(layer['config']) ? layer['config'] : {};
  const name = typeof layer['name'] === 'string' ? layer['name'] : config['name'];
  found.set(className, [...(found.get(className) ?? []), typeof name === 'string' ? name : 'without a name']);
}

/** `LSTM (lstm, lstm_1), Attention (attention and 3 more)` */
function listed(found: ReadonlyMap<string, readonly string[]>): string {
  return [...found]
    .reverse()
    .slice(0, 20)
    .map(([className, names]) => {
      const shown = [...names]
        .reverse()
        .slice(0, 3)
        .map((name) => printable(name, 60));
      const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
      return `${printable(className, 60)} (${shown.join(', ')}${more})`;
    })
    .concat(found.size > 20 ? [`${found.size - 20} more`] : [])
    .join(', ');
}
