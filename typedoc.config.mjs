import katex from 'katex';

/** Renders `$…$` and `$$…$$` to MathML, which browsers draw without a style sheet or a font of ours. */
function mathematics(md) {
  const rule = (state, silent) => {
    if (state.src[state.pos] !== '$') return false;
    const display = state.src[state.pos + 1] === '$';
    const mark = display ? '$$' : '$';
    const start = state.pos + mark.length;
    const end = state.src.indexOf(mark, start);
    if (end <= start || (!display && /\s/.test(state.src[start] + state.src[end - 1]))) return false;
    if (!silent) {
      const token = state.push('math', 'math', 0);
      token.content = state.src.slice(start, end);
      token.meta = { display };
    }
    state.pos = end + mark.length;
    return true;
  };
  md.inline.ruler.before('escape', 'math', rule);
  md.renderer.rules.math = (tokens, index) =>
    katex.renderToString(tokens[index].content, {
      output: 'mathml',
      throwOnError: true,
      displayMode: tokens[index].meta.display,
    });
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'dmnn',
  entryPointStrategy: 'packages',
  entryPoints: ['packages/*'],
  exclude: ['packages/test-kit', 'packages/test-networks'],
  packageOptions: {
    entryPoints: ['src/index.ts'],
    disableSources: true, // no public repository to link to yet
    excludeInternal: true,
    excludePrivate: true,
    readme: 'README.md',
    tsconfig: 'tsconfig.json',
    requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Enum'],
    validation: { notExported: true, invalidLink: true, notDocumented: true },
  },
  out: 'docs/api',
  cleanOutputDir: true,
  readme: 'README.md',
  projectDocuments: ['docs/benchmarks.md'],
  includeVersion: true,
  hideGenerator: true,
  markdownItLoader: mathematics,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: { invalidLink: true, notDocumented: true, notExported: true },
};
