import type { DemoResult } from '@dmnn/trainer/paper';

/** What the demo found out as `--json` prints it. */
export function demoJson(result: DemoResult, report: string): object {
  const { data, trainingImages, heldOutImages, seed, test, seconds, networks, systems } = result;
  const { settings, shares, control } = result.cascade;
  const { engine, images, differences } = result.times;
  return {
    data,
    seed,
    trainingImages,
    heldOutImages,
    testImages: test.size,
    seconds,
    static: { ...systems.static, ...networkJson(networks.static) },
    narrowed: { ...systems.narrowed, ...networkJson(networks.narrowed) },
    dynamic: {
      ...systems.dynamic,
      macsRatio: systems.dynamic.meanMacs / systems.static.meanMacs,
      settings,
      shares,
      small: {
        top1ErrorPercent: networks.small.top1ErrorPercent,
        meanMacs: networks.small.macs,
        ...networkJson(networks.small),
      },
      control: { top1ErrorPercent: control.errorPercent, meanMacs: control.meanCost },
      folder: result.folder,
    },
    timedIn: engine ? { engine: engine.name, precision: engine.precision } : { engine: 'tfjs' },
    timedImages: images,
    differences,
    report,
  };
}

function networkJson({
  name,
  parameters,
  epochs,
  trainingSeconds,
  folder,
}: DemoResult['networks']['static']): object {
  return { name, parameters, epochs, trainingSeconds, folder };
}
