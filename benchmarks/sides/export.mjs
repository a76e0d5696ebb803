// Writes a network of the zoo with random weights as an ONNX file: node export.mjs MODEL CLASSES IMAGE_SIZE_PX FILE
import { writeFileSync } from 'node:fs';
import { createArchitecture } from '@dmnn/backbones';
import { exportOnnx } from '@dmnn/onnx';
import { initialWeights } from '@dmnn/weights';

const [model = '', classes, imageSizePx, file = ''] = process.argv.slice(2);
const architecture = createArchitecture(model, {
  classes: Number(classes),
  imageSizePx: Number(imageSizePx),
});
writeFileSync(file, exportOnnx({ architecture, weights: initialWeights(architecture, { seed: 1 }) }));
