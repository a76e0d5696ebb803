// What a bundler makes of each package for a browser: how many bytes, or why it can't.
import { build } from 'esbuild';

/**
 * Bundles everything that an entry exports, minified; what its users install themselves (peers) stays outside.
 *
 * @param {string} folder where the package is installed
 * @param {{ name: string, manifest: Record<string, any> }} published
 * @returns {Promise<{ bytes: number } | { reason: string }>}
 */
export async function browserBundle(folder, { name, manifest }) {
  const peers = Object.keys(manifest.peerDependencies ?? {});
  try {
    const { outputFiles } = await build({
      stdin: { contents: `export * from '${name}';`, resolveDir: folder },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      minify: true,
      write: false,
      logLevel: 'silent',
      external: peers,
    });
    return { bytes: outputFiles.reduce((sum, file) => sum + file.contents.length, 0) };
  } catch (error) {
    const { errors } = /** @type {import('esbuild').BuildFailure} */ (error);
    return { reason: errors[0]?.text ?? String(error) };
  }
}
