import type { ComputeEnvironment } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';

/** What the application knows of the backend that it chose and this package cannot ask for. */
export interface BackendFacts {
  readonly version?: string;
  readonly threads?: number;
}

/** What this process computes with now. */
export function computeEnvironment(backend: BackendFacts = {}): ComputeEnvironment {
  return {
    backend: tf.getBackend(),
    backendVersion: backend.version ?? null,
    threads: backend.threads ?? null,
    tfjs: tf.version_core,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}
