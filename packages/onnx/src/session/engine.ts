/** A tensor returned by an engine. */
export interface EngineTensor {
  readonly data: unknown;
}

/** A graph that an engine has loaded. */
export interface EngineSession {
  /** Runs the graph once. */
  run(feeds: { readonly [name: string]: unknown }): Promise<{ readonly [name: string]: EngineTensor }>;
  /** Frees the graph. */
  release(): Promise<void>;
}

/** The part of `onnxruntime-node` and `onnxruntime-web` that this package uses; pass either module as a whole. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    /** Loads a graph from the bytes of a file. */
    create(file: Uint8Array, options?: EngineOptions): Promise<EngineSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
}

/** Options of `InferenceSession.create`, passed through; see the documentation of ONNX Runtime. */
export interface EngineOptions {
  readonly [option: string]: unknown;
}

/** Outputs of a file's graph for one image. */
export interface EngineOutputs {
  /** `[classes]` */
  readonly logits: Float32Array;
  /** `[L × N]` of {0, 1}; absent if the file has no gates. */
  readonly gates?: Uint8Array | undefined;
  readonly macs: number;
  /** Absent if the file has no stages. */
  readonly stage?: number | undefined;
  readonly confidence?: number | undefined;
}

/** The outputs of a file's graph as plain values. */
export function outputsOf(results: { readonly [name: string]: EngineTensor }): EngineOutputs {
  const first = (name: string): number | undefined => {
    const data = results[name]?.data as ArrayLike<number | bigint> | undefined;
    return data === undefined ? undefined : Number(data[0]);
  };
  return {
    logits: results['logits']?.data as Float32Array,
    macs: first('macs') as number,
    gates: results['gates']?.data as Uint8Array | undefined,
    stage: first('stage'),
    confidence: first('confidence'),
  };
}

/** Runs one image at a time. */
export interface ImageRunner {
  /** @param image - `[C, H, W]`, ownership passes to the runner */
  run(image: Float32Array): Promise<EngineOutputs>;
  /** Whether it has ended and can run no image any more. */
  isLost(): boolean;
  /** Frees it; an image that it runs may be lost. */
  release(): Promise<void>;
}
