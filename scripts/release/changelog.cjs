// How a changeset becomes a line of a changelog: its text, without hash of a commit. All packages have one version, so
// that another package of ours got it too is no news.
/** @type {import('@changesets/types').ChangelogFunctions} */
module.exports = {
  getReleaseLine: async ({ summary }) => summary.trim(),
  getDependencyReleaseLine: async () => '',
};
