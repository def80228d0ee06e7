/** What `exports` of `cloudflare:workers` holds in these tests: the Worker's own exports. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('../../src/index.ts');
  }
}
