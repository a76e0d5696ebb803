import { writeFileDurably } from '@dmnn/foundation/node';
import type { DemoResult } from '@dmnn/trainer/paper';
import type { StoppedImage, StoppingPlace } from '@dmnn/report';
import { demoSetting, demoSystems, demoVerdict } from './demo-text.js';

/** Images of each place that the page shows. */
const SHOWN = 20;

/** Writes the page of a demo. @throws FileError */
export async function writeDemoReport(result: DemoResult, file: string): Promise<void> {
  const { comparisonHtml } = await import('@dmnn/report');
  const shown = demoSystems(result);
  const systems = shown.map(({ name, top1ErrorPercent, meanMacs, msPerImage }) => ({
    ...{ name, topOneErrorPercent: top1ErrorPercent, meanMacs, msPerImage },
  }));
  const what = shown.map((each) => `${each.name}: ${each.what}`).join('; ');
  const page = comparisonHtml({
    title: 'Easy images cost less',
    paragraphs: [demoSetting(result), ...demoVerdict(result), `${what}.`],
    systems: systems.slice(0, -1),
    control: systems.at(-1) ?? null,
    places: await stoppingPlaces(result),
  });
  await writeFileDurably(file, page);
}

/** The first test images that stopped at each place, as they come. */
async function stoppingPlaces({ test, cascade, networks }: DemoResult): Promise<StoppingPlace[]> {
  const { pngDataUri } = await import('@dmnn/report');
  const { stage, predicted, confidence, wrong } = cascade;
  const classNames = test.classNames;
  const names = [`Stopped at ${networks.small.name}`, `Went on to ${networks.static.name}`];
  return names.flatMap((name, place) => {
    const stopped = Array.from(stage.keys()).filter((index) => stage[index] === place);
    if (stopped.length === 0) return [];
    const images = stopped.slice(0, SHOWN).map((index): StoppedImage => ({
      className: classNames[test.label(index)] ?? '',
      predictedClass: classNames[predicted[index] ?? -1] ?? '',
      isCorrect: wrong[index] === 0,
      confidence: confidence[index] ?? NaN,
      png: pngDataUri({ widthPx: test.imageSizePx, heightPx: test.imageSizePx, data: test.pixels(index) }),
    }));
    const errors = stopped.filter((index) => wrong[index] === 1).length;
    const topOneErrorPercent = (100 * errors) / stopped.length;
    return [{ name, share: stopped.length / stage.length, topOneErrorPercent, images }];
  });
}
