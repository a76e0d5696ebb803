import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Build, type BuildManifest, NAPI_VERSION } from '@dmnn/native';
import { ONEDNN_WHEELS } from './onednn-wheels.js';

/** `manifest.json` of a build of the core, and of a package with a prebuilt one. */
export interface EngineManifest extends BuildManifest {
  /** Of the sources that it was compiled from, see `sourceDigest`. */
  readonly sources: string;
  /** The C library that it needs, see `libcOf`. */
  readonly libc: string;
  /** The version that the linked oneDNN reports, such as `3.2.0`. */
  readonly oneDnn: string;
  /** Where oneDNN came from: a wheel's file name, or the path of a folder. */
  readonly source: string;
  /** The first line of the compiler's version. */
  readonly compiler: string;
}

/** The format of manifests that is written. */
export const ENGINE_FORMAT = 1;

/** A finished build of the core. */
export type EngineBuild = Build<EngineManifest>;

/** The addon in a build. */
export const CORE = 'dmnn_engine.node';

/** The sources of the core, which come with this package. */
export const coreSources: string = fileURLToPath(new URL('../../native/', import.meta.url));

/** What the compiler gets besides places. oneDNN brings OpenMP's run time, so any compiler will do. */
export const coreFlags: readonly string[] = [
  ...['-std=c++17', '-O3', '-ffp-contract=fast', '-fPIC', '-shared', '-pthread'],
  ...['-fvisibility=hidden', '-fvisibility-inlines-hidden', '-Wall', '-Wextra'],
  ...['-DNODE_GYP_MODULE_NAME=dmnn_engine', `-DNAPI_VERSION=${NAPI_VERSION}`],
];

/**
 * Identifies a core: what it is compiled from and how. Another version of this package looks for another build, so a plan
 * is never run by the core of another version.
 */
export function sourceDigest(): string {
  const hash = createHash('sha256').update(JSON.stringify({ coreFlags, ONEDNN_WHEELS }));
  for (const name of readdirSync(coreSources).sort())
    hash.update(name).update(readFileSync(join(coreSources, name)));
  return hash.digest('hex').slice(0, 12);
}

let libc: 'gnu' | 'musl' | undefined;

/**
 * The C library of this process on Linux, `gnu` or `musl`; `undefined` elsewhere. A binary for one does not load with the other.
 */
export function libcOf(): 'gnu' | 'musl' | undefined {
  if (process.platform !== 'linux' || libc !== undefined) return libc;
  // a report takes 10 ms and more; its part about the network would ask for names of hosts
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork;
  libc = header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
  return libc;
}

/** This kind of machine, such as `linux-x64-gnu` or `darwin-arm64`. */
export function machineName(): string {
  return [process.platform, process.arch, libcOf()].filter((part) => part !== undefined).join('-');
}

/** How the names of all builds of the core in the cache begin. */
export const ENGINE_PREFIX = 'engine-';

/** The folder of this version's build inside the cache, such as `engine-napi-v8-linux-x64-gnu-0123456789ab`. */
export function engineBuildName(): string {
  return `${ENGINE_PREFIX}napi-v${NAPI_VERSION}-${machineName()}-${sourceDigest()}`;
}

/** The folder of oneDNN inside the cache, which builds of all versions share. */
export function oneDnnName(): string {
  return `onednn-${ONEDNN_WHEELS}-${machineName()}`;
}
