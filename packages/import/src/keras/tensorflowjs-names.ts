import { type KerasLayer, type KerasObject, isObject } from './keras-json.js';
import type { Keras2Config } from './keras3-config.js';

const list = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

/** Classes of layers of TensorFlow.js 4.22. */
const layers = list(`
  Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization
  Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM2D
  Cropping2D Dense DepthwiseConv2D Dot Dropout ELU Embedding Flatten GaussianDropout GaussianNoise
  GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D GRU InputLayer LSTM
  LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Multiply PReLU Permute ReLU
  RepeatVector Rescaling Reshape Resizing SeparableConv2D SimpleRNN Softmax SpatialDropout1D ThresholdedReLU
  TimeDistributed UpSampling2D ZeroPadding2D`);

/** Classes of layers that `@dmnn/layers` adds. */
const additionalLayers = list(`BoundedReLU Normalization PooledMean Subtract`);

/** Activations of TensorFlow.js 4.22, in Keras's spelling. */
const activations = list(`
  elu gelu gelu_new hard_sigmoid linear log_softmax mish relu relu6 selu sigmoid softmax softplus softsign swish tanh`);

/** Activations that `@dmnn/layers` adds. */
const additionalActivations = list(`hard_swish relu_sigmoid`);

/** Who has a class of layers. */
export function hasLayer(className: string): 'tensorflow.js' | 'additional' | undefined {
  return layers.has(className) ? 'tensorflow.js' : additionalLayers.has(className) ? 'additional' : undefined;
}

/** Who has an activation. */
export function hasActivation(name: string): 'tensorflow.js' | 'additional' | undefined {
  return activations.has(name) ? 'tensorflow.js' : additionalActivations.has(name) ? 'additional' : undefined;
}

/** A layer in the classes that TensorFlow.js and `@dmnn/layers` have; `lacks` says what neither does. */
export interface Translated {
  readonly class_name: string;
  readonly config: KerasObject;
  readonly lacks?: string;
}

/** One layer, no model. */
export function inTensorFlowJs(layer: KerasLayer, form: Keras2Config['form']): Translated {
  const { class_name: className } = layer;
  const config = withActivation(layer.config, form);
  const same: Translated = { class_name: className, config };
  switch (className) {
    case 'ReLU':
      return rectifier(config);
    case 'LeakyReLU': {
      const { negative_slope: slope, ...others } = config; // Keras 2 calls it alpha
      return slope === undefined
        ? same
        : { class_name: className, config: { ...others, alpha: numberIn(slope) } };
    }
    case 'ELU':
      return (config['alpha'] ?? 1) === 1 ? same : { ...same, lacks: 'ELU with an alpha other than 1' };
    case 'GlobalAveragePooling2D':
      return config['keepdims'] === true ? { class_name: 'PooledMean', config } : same;
    case 'GlobalMaxPooling2D':
      return config['keepdims'] === true ? { ...same, lacks: 'GlobalMaxPooling2D with keepdims' } : same;
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv3D':
      return (config['groups'] ?? 1) === 1 ? same : { ...same, lacks: `${className} with groups` };
    case 'BatchNormalization': {
      const { axis } = config; // Keras 2 of TensorFlow writes [3]
      return Array.isArray(axis) && axis.length === 1
        ? { class_name: className, config: { ...config, axis: axis[0] as unknown } }
        : same;
    }
    default:
      return same;
  }
}

/** TensorFlow.js knows the upper bound of a ReLU, nothing else of it. */
function rectifier(config: KerasObject): Translated {
  const { max_value: largest, negative_slope: slope, threshold, ...others } = config;
  const least = numberIn(threshold) ?? 0;
  const slopeBelow = numberIn(slope) ?? 0;
  const most = numberIn(largest) ?? null;
  return least === 0 && slopeBelow === 0
    ? { class_name: 'ReLU', config: { ...others, max_value: most } }
    : {
        class_name: 'BoundedReLU',
        config: { ...others, max_value: most, negative_slope: slopeBelow, threshold: least },
      };
}

/** Keras 2 of TensorFlow wraps some numbers: `{ class_name: '__numpy__', config: … }` or `{ value }`. */
function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return isObject(value) && typeof value['value'] === 'number' ? value['value'] : undefined;
}

/**
 * Activations by the names that have Keras's meaning in TensorFlow.js. Its own `hard_sigmoid` is Keras 2's,
 * 0.2 x + 0.5; Keras 3's is (x + 3) / 6.
 */
function withActivation(config: KerasObject, form: Keras2Config['form']): KerasObject {
  const changed: Record<string, unknown> = {};
  for (const key of ['activation', 'recurrent_activation']) {
    const activation = config[key];
    if (typeof activation !== 'string') continue;
    if (form === 'keras 3' && activation === 'hard_sigmoid') changed[key] = 'relu_sigmoid';
    else changed[key] = sameActivation[activation] ?? activation;
  }
  return { ...config, ...changed };
}

const sameActivation: { readonly [name: string]: string } = { silu: 'swish', hard_silu: 'hard_swish' };
