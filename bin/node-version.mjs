/** Loaded before any script (`node --import`): an old Node cannot read TypeScript, so it is told here what to do. */
const [major, minor] = process.versions.node.split('.').map(Number);

// 22.18 runs TypeScript; `import.meta.main`, by which the backend knows that it is the process, came with 24.2
if (major < 24 || (major === 24 && minor < 2)) {
  console.error(`Winnow needs Node 24.2 or later; this is ${process.versions.node}.
Linux (x64, arm64) and Windows (x64): \`npm ci\` brings a Node 24 that the npm scripts then use by themselves.
Elsewhere, on a Mac for one: install Node 24 (https://nodejs.org) and start again.`);
  process.exit(1);
}
