/** The backends that are known, best first. */
export type BackendName = 'native-gpu' | 'native' | 'wasm' | 'cpu';

/** What became of one backend. */
export interface BackendAttempt {
  /** Which one. */
  readonly name: BackendName;
  /** Whether it runs here. */
  readonly works: boolean;
  /** Why it does not work. */
  readonly reason?: string;
  /** The command or change that would make it work. */
  readonly remedy?: string;
}

/** Which backend runs, and why not a better one. */
export interface BackendReport {
  /** The one that tfjs-core uses from now on. */
  readonly chosen: BackendName;
  /** Package and library versions in words, such as `tfjs-node 4.22.0 on TensorFlow 2.21.0`. */
  readonly version: string;
  /** CPU threads that one operation may use. */
  readonly threads?: number;
  /** Every backend that was tried, in that order; the last one works. */
  readonly tried: readonly BackendAttempt[];
  /** What works, but not as well as it could. */
  readonly warnings: readonly string[];
}
