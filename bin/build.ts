/** `npm run build`: the Worker as `npm start` runs it, in dist/. Cloudflare gets its own build from `npm run deploy`. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, wranglerConfig } from './bundle.ts';
import { command } from './command.ts';
import { readSettings, root } from './settings.ts';

await command(async () => {
  const folder = join(root, 'dist');
  rmSync(folder, { recursive: true, force: true });
  for (const { name } of bundle(wranglerConfig(), readSettings(process.env).configPath, folder)) {
    console.log(`dist/${name}  ${Math.ceil(statSync(join(folder, name)).size / 1024)} KiB`);
  }
});
