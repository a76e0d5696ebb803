import type { Dataset } from '@dmnn/data';
import type { Evaluation } from '@dmnn/trainer';
import type { CommandIo } from '../../terminal/command-io.js';
import { type AgainstFinding, type ComparedSystem, againstStatic } from './against.js';
import type { Findings } from './eval-findings.js';
import { imageRows } from '../../../control/image-rows.js';
import type { NetworkAgainst } from './network-against.js';
import { type StaticSystemsRequest, staticSystems } from './static-systems.js';

/** Compares systems with the static networks of `--against`. @throws as `staticSystems` and `againstStatic` */
export async function compareWithStatic(
  systems: readonly ComparedSystem[],
  request: StaticSystemsRequest,
  io: CommandIo,
): Promise<AgainstFinding[]> {
  const statics = await staticSystems(request, io);
  return systems.map((system) => againstStatic(system, statics));
}

/** Compares a network, as trained and under each budget that was met. @throws as {@link compareWithStatic} */
export async function compareNetwork(
  { skipping, masked, budgets }: Findings,
  test: Dataset,
  request: StaticSystemsRequest,
  io: CommandIo,
): Promise<NetworkAgainst[]> {
  const evaluations: readonly {
    readonly budget: number | undefined;
    readonly evaluation: Evaluation | null;
  }[] = [
    { budget: undefined, evaluation: skipping ?? masked ?? null },
    ...(budgets?.curve.points ?? []).map(({ budget, evaluation }) => ({ budget, evaluation })),
  ];
  const measured = evaluations.flatMap(({ budget, evaluation }) =>
    evaluation ? [{ budget, evaluation }] : [],
  );
  const systems = measured.map(({ evaluation }): ComparedSystem => {
    const { indices, wrong } = imageRows(evaluation, test);
    return {
      ...{ data: test.name, indices, wrong },
      errorPercent: evaluation.error.top1ErrorPercent,
      meanMacs: evaluation.cost.meanMacs,
    };
  });
  const found = await compareWithStatic(systems, request, io);
  return measured.map(({ budget }, at) => ({ budget, finding: found[at] as AgainstFinding }));
}
