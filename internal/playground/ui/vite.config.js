import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const outDir = join(import.meta.dirname, '../dist');

// The server never compresses while it answers: what is worth compressing is compressed here, once, and lies beside
// the original.
const gzipAssets = {
  name: 'gzip-assets',
  closeBundle() {
    const dir = join(outDir, 'assets');
    for (const name of readdirSync(dir)) {
      const raw = readFileSync(join(dir, name));
      const packed = gzipSync(raw, { level: 9 });
      if (packed.length < raw.length * 0.9) writeFileSync(join(dir, `${name}.gz`), packed);
    }
  },
};

export default defineConfig({
  // public/ holds nothing but .gitkeep. Emptying dist/ takes that file away, copying public/ brings it back, and so git
  // and go:embed always find the directory.
  publicDir: 'public',
  build: {
    outDir,
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0, // nothing as data:, so that the content security policy can do without it for fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // Dozens of dependencies are marked "use client" or "use no memo", for tools that are not in play here.
      checks: { moduleLevelDirective: false },
    },
    chunkSizeWarningLimit: 4096, // the editor is one chunk of that order and there is no sense in cutting it up
  },
  worker: { format: 'es' },
  plugins: [gzipAssets],
});
