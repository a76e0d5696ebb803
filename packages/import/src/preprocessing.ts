import type { WeightTensor } from '@dmnn/weights';

/**
 * Usual ways to prepare images. Three are modes of Keras's `preprocess_input`: `caffe` is blue, green, red from 0 to 255 less
 * ImageNet's means; `tf` is from −1 to 1; `torch` is 0 to 1 less ImageNet's means, divided by its deviations. `lite` is
 * EfficientNet-Lite's in TensorFlow: (x − 127) / 128 of pixels from 0 to 255.
 */
export type ImagePreprocessing = 'caffe' | 'lite' | 'tf' | 'torch';

/** Preprocessing in our terms: of red, green and blue from 0 to 1. */
export interface Normalisation {
  readonly channelMeans: readonly number[];
  readonly channelDeviations: readonly number[];
  /** Whether the network takes blue first; its first convolution is turned round. */
  readonly isBgr: boolean;
}

// keras.applications.imagenet_utils, mode 'caffe': means of blue, green and red from 0 to 255
const CAFFE_BGR = [103.939, 116.779, 123.68] as const;

const all = (value: number): readonly number[] => [value, value, value];

/** What each way is on pixels from 0 to 1. */
export const normalisations: { readonly [mode in ImagePreprocessing]: Normalisation } = {
  caffe: {
    channelMeans: [...CAFFE_BGR].reverse().map((mean) => mean / 255),
    channelDeviations: all(1 / 255),
    isBgr: true,
  },
  // github.com/tensorflow/tpu, efficientnet/lite: MEAN_RGB 127, STDDEV_RGB 128
  lite: { channelMeans: all(127 / 255), channelDeviations: all(128 / 255), isBgr: false },
  tf: { channelMeans: all(0.5), channelDeviations: all(0.5), isBgr: false },
  torch: {
    channelMeans: [0.485, 0.456, 0.406],
    channelDeviations: [0.229, 0.224, 0.225],
    isBgr: false,
  },
};

/** {@link ImagePreprocessing}, as a list. */
export const imagePreprocessing: readonly ImagePreprocessing[] = ['caffe', 'lite', 'tf', 'torch'];

/** A kernel `[k, k, 3, Cout]` with its inputs in the other order: of a network that takes blue first. */
export function turnedInputs(kernel: WeightTensor): WeightTensor {
  const [height = 0, width = 0, inputs = 0, outputs = 0] = kernel.shape;
  const from = kernel.data as Float32Array;
  const data = new Float32Array(from.length);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < inputs; c++) {
      const source = (pixel * inputs + c) * outputs;
      data.set(from.subarray(source, source + outputs), (pixel * inputs + inputs - 1 - c) * outputs);
    }
  }
  return { dtype: 'F32', shape: kernel.shape, data };
}
