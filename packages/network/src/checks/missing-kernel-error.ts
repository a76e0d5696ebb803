/** The current backend of TensorFlow.js lacks a kernel that a pass needs. */
export class MissingKernelError extends Error {
  override readonly name = 'MissingKernelError';
  readonly code = 'DMNN_MISSING_KERNEL';
  /** Its name, such as `Conv2DBackpropFilter`. */
  readonly kernel: string;
  /** The backend that lacks it. */
  readonly backend: string;
  /** What wanted it: the layer that was run, or the gradient. */
  readonly operation: string;
  /** Registered backends that have it. */
  readonly availableOn: readonly string[];

  constructor(
    details: Pick<MissingKernelError, 'kernel' | 'backend' | 'operation' | 'availableOn'>,
    options?: ErrorOptions,
  ) {
    const { kernel, backend, operation, availableOn } = details;
    super(
      `backend: expected a kernel ${kernel} for ${operation}, got ${backend}, which has none. ` +
        `Backends here that have it: ${availableOn.length > 0 ? availableOn.join(', ') : 'none'}. ` +
        'Start a backend with chooseBackend of @dmnn/runtime, which registers what is missing, or call tf.setBackend with one of these.',
      options,
    );
    this.kernel = kernel;
    this.backend = backend;
    this.operation = operation;
    this.availableOn = availableOn;
  }
}
