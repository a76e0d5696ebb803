/** No usable backend, missing gradients, or several copies of tfjs-core. The message says what to do. */
export class BackendError extends Error {
  /** The same for every error of this class. */
  readonly code = 'DMNN_BACKEND';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BackendError';
  }
}
