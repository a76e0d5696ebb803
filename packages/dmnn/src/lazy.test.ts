import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { painted } from './fixtures/painted.js';
import { run } from './fixtures/run-captured.js';
import { saveSmallModel } from './fixtures/small-model.js';
import { type Prediction, type UnreadableImage, explain, exportModel, predict } from './index.js';

async function collected(
  predictions: AsyncIterable<Prediction | UnreadableImage>,
): Promise<(Prediction | UnreadableImage)[]> {
  const all: (Prediction | UnreadableImage)[] = [];
  for await (const each of predictions) all.push(each);
  return all;
}

describe('predict, exportModel and explain', () => {
  it('say and write what the commands do', async () => {
    await inTemporaryFolder(async (folder) => {
      const [model, photo, text] = ['model', 'photo.png', 'text.png'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await saveSmallModel(model);
      await painted(40, 50).png().toFile(photo);
      writeFileSync(text, 'no image');

      const printed = await run(['predict', photo, '--model', model, '--backend', 'cpu', '--json']);
      const [expected] = JSON.parse(printed.out) as [object];
      const [first, second] = await collected(predict([photo, text], { model, backend: 'cpu' }));
      const { milliseconds, ...found } = first as Prediction;
      expect({ ...found, ms: expect.any(Number) as number }).toEqual({
        ...expected,
        ms: expect.any(Number) as number,
      });
      expect(milliseconds).toBeGreaterThan(0);
      expect(second).toMatchObject({
        file: text,
        error: { code: expect.stringMatching(/^DMNN_/) as string },
      });

      const out = join(folder, 'model.onnx');
      await run(['export', model, '--out', out]);
      expect(Buffer.from(await exportModel(model)).equals(readFileSync(out))).toBe(true);
      const [exported] = await collected(predict([photo], { model: out }));
      expect(exported).toMatchObject({ file: photo, gates: found.gates });
    });
  });

  it('explains what the command explains', async () => {
    await inTemporaryFolder(async (folder) => {
      const [model, photo] = [join(folder, 'model'), join(folder, 'photo.png')];
      await saveSmallModel(model);
      await painted(40, 50).png().toFile(photo);
      const printed = await run(['explain', photo, '--model', model, '--backend', 'cpu', '--json']);
      const { milliseconds, ...explained } = await explain(photo, { model, backend: 'cpu' });
      expect(milliseconds).toBeGreaterThan(0);
      const expected = JSON.parse(printed.out) as { readonly milliseconds: number };
      expect({ ...explained, milliseconds: expected.milliseconds }).toEqual(expected);
    });
  });
});
