import { inFile, parseJson, printable } from '@dmnn/foundation';
import { readRegularFile, systemCode, writeFileDurably } from '@dmnn/foundation/node';
import type { Network } from '@dmnn/network';
import type { EngineNetwork, LatencyOrigin, LatencyTable } from '@dmnn/trainer';
import type { BackendReport } from '@dmnn/runtime';
import type { CommandIo } from '../../terminal/command-io.js';
import { ProgressLine } from '../../terminal/progress-line.js';
import { percentText } from '../../../text/count-text.js';
import { usageError } from '../../terminal/usage-error.js';

/** Where the latencies are kept and how they are measured. */
export interface LatenciesRequest {
  /** Read if it exists, otherwise written; undefined: not kept. */
  readonly file: string | undefined;
  readonly imageSizePx: number;
  /** @defaultValue 1 */
  readonly batchSize: number | undefined;
  /** Of TensorFlow.js; undefined in an engine. */
  readonly backend: BackendReport | undefined;
  readonly signal: AbortSignal;
}

/**
 * The latency table of a network: from a file, or measured now.
 *
 * @throws DmnnError `DMNN_USAGE` if the file cannot be read or is not JSON; DmnnError `DMNN_LATENCIES` if it is not a table of this
 *   network, or one of another engine or precision
 */
export async function latencies(
  network: Network | EngineNetwork,
  request: LatenciesRequest,
  io: CommandIo,
): Promise<LatencyTable> {
  const { parseLatencyTable } = await import('@dmnn/trainer');
  const { file, batchSize = 1, backend } = request;
  const text = file === undefined ? undefined : await readIfThere(file);
  if (file === undefined || text === undefined) return measured(network, request, io);
  const value = parsed(file, text);
  const used: LatencyOrigin =
    'run' in network
      ? { engine: network.engine.name, precision: network.engine.precision }
      : { engine: 'tfjs', precision: 'f32' };
  const table = inFile(file, () => parseLatencyTable(value, network.architecture, used), 'latencies');
  io.err(`latencies of ${printable(file, Infinity)}, ${originText(table)}`);
  if (table.batchSize !== batchSize) {
    io.err(`times are measured at batch size ${batchSize}, these latencies at ${table.batchSize}`);
  }
  if (backend && table.environment.backend !== backend.chosen) {
    io.err(`times are measured on ${backend.chosen}, these latencies on ${table.environment.backend}`);
  }
  return table;
}

async function measured(
  network: Network | EngineNetwork,
  { file, imageSizePx, batchSize = 1, backend, signal }: LatenciesRequest,
  io: CommandIo,
): Promise<LatencyTable> {
  const { measureLatencies } = await import('@dmnn/trainer');
  const line = new ProgressLine(io);
  line.show('measuring latencies', '');
  const table = await measureLatencies(network, {
    imageSizePx,
    batchSize: 'run' in network ? 1 : batchSize, // an engine runs image by image
    signal,
    backend,
    onProgress: (share) => {
      line.show('measuring latencies', `: ${percentText(share)}`);
    },
  });
  if (file !== undefined) {
    await writeFileDurably(file, `${JSON.stringify(table, null, 2)}\n`, undefined, '--latencies');
    io.err(`latencies written to ${printable(file, Infinity)}`);
  }
  return table;
}

/** Where a table comes from: `measured 2026-11-24 at batch size 1 on compiled in f32, 1 thread, Intel …`. */
export function originText({
  measuredAt,
  environment,
  processor,
  batchSize,
  engine = 'tfjs',
  precision = 'f32',
}: LatencyTable): string {
  const { threads } = environment;
  const backend = engine === 'tfjs' ? environment.backend : `${engine} in ${precision}`;
  const on = threads === null ? backend : `${backend}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `measured ${measuredAt.slice(0, 10)} at batch size ${batchSize} on ${on}, ${processor}`;
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readRegularFile(file, '--latencies');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

function parsed(file: string, text: Uint8Array): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`--latencies ${file}: expected JSON: ${reason}. Delete it to measure again.`);
  }
}
