// Installs the engine's core for the tests that need it: node scripts/install-engine.mjs
// Fails if it cannot be installed. Where there is no Python with pip or no compiler, it is not installed, and says so: tests that need it are skipped.
import { installEngine, locateEngine } from '@dmnn/engine';
import { findBuildTools } from '@dmnn/native';

const missing = (await findBuildTools()).filter(
  ({ name, works }) => !works && ['python', 'pip', 'compiler'].includes(name),
);
if (locateEngine().path === undefined && missing.length > 0) {
  const names = missing.map(({ name }) => name).join(' and ');
  console.log(`the engine is not installed, since there is no ${names}; tests that need it are skipped`);
} else {
  const { folder, alreadyThere } = await installEngine({ onProgress: ({ message }) => console.log(message) });
  console.log(alreadyThere ? `already there: ${folder}` : `built ${folder}`);
}
