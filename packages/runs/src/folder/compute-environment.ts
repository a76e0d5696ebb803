/** What a run is computed with. Where it differs, results may differ in their last bits, and so, later, altogether. */
export interface ComputeEnvironment {
  /** Name of the tfjs backend: `cpu`, `wasm`, `tensorflow`. */
  readonly backend: string;
  /** Its version, as the application that chose it knows it; null if it does not say. */
  readonly backendVersion: string | null;
  /** Threads it computes with; null if the application does not say. */
  readonly threads: number | null;
  /** Of tfjs-core. */
  readonly tfjs: string;
  /** `v20.20.2` */
  readonly node: string;
  /** `linux-x64` */
  readonly platform: string;
}

/** One line for each thing that differs, naming both; empty if results can be equal to the bit. */
export function environmentDifferences(then: ComputeEnvironment, now: ComputeEnvironment): string[] {
  const keys = Object.keys(now) as (keyof ComputeEnvironment)[];
  return keys
    .filter((key) => then[key] !== now[key])
    .map((key) => `${key}: ${String(then[key])} then, ${String(now[key])} now`);
}
