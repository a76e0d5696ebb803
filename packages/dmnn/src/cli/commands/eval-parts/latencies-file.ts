import { parseJson, printable } from '@dmnn/foundation';
import { readRegularFile, systemCode, writeFileDurably } from '@dmnn/foundation/node';
import type { Network } from '@dmnn/network';
import type { LatencyTable } from '@dmnn/trainer';
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
  readonly batchSize: number;
  readonly backend: BackendReport;
  readonly signal: AbortSignal;
}

/**
 * The latency table of a network: from a file, or measured now.
 *
 * @throws DmnnError `DMNN_USAGE` if the file cannot be read or is not JSON; DmnnError `DMNN_LATENCIES` if it is not a table of this network
 */
export async function latencies(
  network: Network,
  request: LatenciesRequest,
  io: CommandIo,
): Promise<LatencyTable> {
  const { parseLatencyTable } = await import('@dmnn/trainer');
  const text = request.file === undefined ? undefined : await readIfThere(request.file);
  if (text === undefined) return measured(network, request, io);
  const table = parseLatencyTable(parsed(request.file as string, text), network.architecture);
  io.err(`latencies of ${printable(String(request.file), Infinity)}, ${originText(table)}`);
  if (table.batchSize !== request.batchSize) {
    io.err(`times are measured at batch size ${request.batchSize}, these latencies at ${table.batchSize}`);
  }
  return table;
}

async function measured(
  network: Network,
  { file, imageSizePx, batchSize, backend, signal }: LatenciesRequest,
  io: CommandIo,
): Promise<LatencyTable> {
  const { measureLatencies } = await import('@dmnn/trainer');
  const line = new ProgressLine(io);
  line.show('measuring latencies', '');
  const table = await measureLatencies(network, {
    imageSizePx,
    batchSize,
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

/** Where a table comes from: `measured 2026-11-24 on native, 2 threads, Intel …`. */
export function originText({ measuredAt, environment, processor, batchSize }: LatencyTable): string {
  const { backend, threads } = environment;
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
