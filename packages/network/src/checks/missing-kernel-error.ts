import { DmnnError } from '@dmnn/foundation';

/** What {@link missingKernelError} reports. */
export interface MissingKernel {
  /** Its name, such as `Conv2DBackpropFilter`. */
  readonly kernel: string;
  /** The backend that lacks it. */
  readonly backend: string;
  /** The operation that needs it: a layer's path, or `the gradient`. */
  readonly operation: string;
  /** Registered backends that have it. */
  readonly availableOn: readonly string[];
}

/** The current backend of TensorFlow.js lacks a kernel that a pass needs. */
export function missingKernelError(
  missing: MissingKernel,
  options: { readonly cause?: unknown } = {},
): DmnnError {
  const { kernel, backend, operation, availableOn } = missing;
  return new DmnnError(
    'DMNN_MISSING_KERNEL',
    `backend: expected a kernel ${kernel} for ${operation}, got ${backend}, which has none. ` +
      `Backends here that have it: ${availableOn.length > 0 ? availableOn.join(', ') : 'none'}. ` +
      'Start a backend with chooseBackend of @dmnn/runtime, which registers missing kernels, or call tf.setBackend with one of these.',
    { ...options, details: { kernel, backend, operation, availableOn } },
  );
}
