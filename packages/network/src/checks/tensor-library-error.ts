/** TensorFlow.js is not set up for what was asked: gradients that nobody registered, or two copies of its core. */
export class TensorLibraryError extends Error {
  override readonly name = 'TensorLibraryError';
  readonly code = 'DMNN_TENSOR_LIBRARY';
}
