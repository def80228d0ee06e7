/** Loaded before any script (`node --import`): an old Node cannot read TypeScript, so it is told here what to do. */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Winnow needs Node 22.18 or later; this is ${process.versions.node}.
Linux (x64, arm64) and Windows (x64): \`npm ci\` brings a Node 24 that the npm scripts then use by themselves.
Elsewhere, on a Mac for one: install Node 24 (https://nodejs.org) and start again.`);
  process.exit(1);
}
