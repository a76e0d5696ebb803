// Measures what docs/benchmarks.md explains: `npm run bench -- --help`.
import { UsageError, USAGE, parseArguments } from './arguments.mjs';
import { benchmarks, benchmarksNamed } from './benchmarks.mjs';
import { commit, defaultThreads, describeMachine, loadAverage } from './machine.mjs';
import { isPython, measure } from './measure.mjs';
import { writePage } from './page.mjs';
import { NoPeerError, TORCH, peerPython } from './peer-python.mjs';
import { textTable } from './result-table.mjs';
import { SkippedError } from './side-process.mjs';
import { newestResults, publicFields, resultsDirectory, saveResults } from './results-file.mjs';

/** Of a benchmark that does not say how many it takes. */
const ROUNDS = 5;

const order = benchmarks.map(({ name }) => name);
const say = (line) => console.error(line); // stdout is for results

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function main(argv) {
  const options = parseArguments(argv);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.pageOnly) {
    writePage(newestResults(resultsDirectory, order), benchmarks);
    return 0;
  }
  const chosen = chosenBenchmarks(options);
  const load = loadAverage();
  const measuredCommit = commit();
  if (load > 0.5) say(`load average ${load}: others use this machine, or did a minute ago`);
  const threads = options.threads ?? defaultThreads();
  const modules = [
    ...new Set(chosen.flatMap(({ peer }) => (peer && isPython(peer) ? (peer.modules ?? TORCH) : []))),
  ];
  const python = modules.length > 0 ? findPeer(options, modules) : null;
  const results = [];
  /** @type {string[]} */
  const skipped = [];
  let failures = 0;
  for (const benchmark of chosen) {
    const measuredAt = new Date().toISOString();
    const rounds = options.rounds ?? benchmark.rounds ?? ROUNDS;
    try {
      const result = await measure(benchmark, { ...options, rounds, threads, python, say });
      const { measurements } = options;
      results.push({
        ...result,
        threads: benchmark.ours.threads ?? threads,
        rounds,
        measurements,
        commit: measuredCommit,
        measuredAt,
        loadAverage: load,
      });
    } catch (error) {
      if (error instanceof SkippedError) {
        skipped.push(`${benchmark.name}: not measured: ${error.message}`);
        continue;
      }
      failures++;
      say(`${benchmark.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (options.save && results.length > 0) say(`written to ${save(results)}`);
  if (options.page) writePage(newestResults(resultsDirectory, order), benchmarks);
  console.log(
    options.json ? JSON.stringify(publicFields(results), null, 2) : `\n${textTable(results, benchmarks)}`,
  );
  for (const line of skipped) say(line);
  return failures > 0 ? 1 : 0;
}

function chosenBenchmarks({ only, photographs }) {
  const named = orUsageError(() => benchmarksNamed(only));
  if (photographs !== undefined) return named;
  const needs = 'decode-imagenet needs a folder of JPEG files, --photographs DIR';
  if (only.includes('decode-imagenet')) throw new UsageError(needs);
  if (only.length === 0) say(`left out: ${needs}`);
  return named.filter(({ name }) => name !== 'decode-imagenet');
}

function findPeer({ peer, peerPython: directory }, modules) {
  if (!peer) return null;
  try {
    return peerPython({ directory, modules, say });
  } catch (error) {
    if (!(error instanceof NoPeerError)) throw error;
    if (directory !== undefined) throw new UsageError(error.message);
    say(`Python's side is left out: ${error.message}`);
    return null;
  }
}

function save(results) {
  return saveResults({
    directory: resultsDirectory,
    date: new Date(),
    machine: describeMachine(),
    results,
    order,
  });
}

function orUsageError(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
