/** The backends, best first. */
export type BackendName = 'native-gpu' | 'native' | 'wasm' | 'cpu';

/** The outcome of trying one backend. */
export interface BackendAttempt {
  /** The backend. */
  readonly name: BackendName;
  /** Whether it runs here. */
  readonly works: boolean;
  /** Why it does not work. */
  readonly reason?: string;
  /** The command or change that would make it work. */
  readonly remedy?: string;
}

/** Which backend runs, and why better ones do not. */
export interface BackendReport {
  /** The backend that tfjs-core uses from now on. */
  readonly chosen: BackendName;
  /** Package and library versions, such as `tfjs-node 4.22.0 on TensorFlow 2.21.0`. */
  readonly version: string;
  /** CPU threads that one operation may use. */
  readonly threads?: number;
  /** Every backend that was tried, in that order; the last one works. */
  readonly tried: readonly BackendAttempt[];
  /** Limitations that make it slower than it could be. */
  readonly warnings: readonly string[];
}
