import * as tf from '@tensorflow/tfjs-core';
import { referenceConvolution, referencePackFilter } from './reference-convolution.js';
import { type KernelInputs, referenceNormSum, referenceNormSumGrad } from './reference-norm-sum.js';
import { referencePointwiseSum, referencePointwiseSumGrad } from './reference-pointwise-sum.js';
import { referenceMoveAverages, referenceSgd, referenceSumsOfSquares } from './reference-variables.js';

const kernels: {
  readonly [name: string]: (inputs: KernelInputs, settings: never) => tf.Tensor | tf.Tensor[];
} = {
  DmnnConvolution: referenceConvolution,
  DmnnPackFilter: referencePackFilter,
  DmnnNormSum: referenceNormSum,
  DmnnNormSumGrad: referenceNormSumGrad,
  DmnnPointwiseSum: referencePointwiseSum,
  DmnnPointwiseSumGrad: referencePointwiseSumGrad,
  DmnnMoveAverages: referenceMoveAverages,
  DmnnSgd: referenceSgd,
  DmnnSumsOfSquares: referenceSumsOfSquares,
};

/**
 * Registers our kernels for the cpu backend, in plain JavaScript and float64, so that tests run the fused
 * implementation and can compare the fast kernels of other backends with them. @returns a function that unregisters
 * them
 */
export function registerReferenceKernels(): () => void {
  for (const [kernelName, run] of Object.entries(kernels)) {
    const kernelFunc = (({ inputs, attrs }: { inputs: KernelInputs; attrs: unknown }) =>
      run(inputs, attrs as never)) as unknown as tf.KernelFunc;
    tf.registerKernel({ kernelName, backendName: 'cpu', kernelFunc });
  }
  return () => {
    for (const kernelName of Object.keys(kernels)) tf.unregisterKernel(kernelName, 'cpu');
  };
}
